/**
 * How shops write currencies beyond what CLDR's tables hold: names, and symbols with another country's habits. Symbol
 * (no spaces, no closing full stop), tab, the currencies it may stand for; joined with CLDR's own.
 */
export const SPELLINGS = [
  "US$\tUSD", "$US\tUSD", "U$S\tUSD", "U$D\tUSD", "CAN$\tCAD", "Can$\tCAD", "CDN$\tCAD", "$CAN\tCAD", "$CDN\tCAD", "C$\tCADNIO",
  "Mex$\tMXN", "COL$\tCOP", "F$\tFJD", "$b\tBOB", "Bs\tBOBVES", "Rs\tINRPKRLKRNPRMURSCR", "₨\tINRPKRLKRNPRMURSCR", "NTD\tTWD",
  "RMB\tCNY", "人民币\tCNY", "人民幣\tCNY", "元\tCNYTWDHKDMOP", "圆\tCNY", "圓\tTWDHKD", "円\tJPY", "日元\tJPY", "日圓\tJPY", "yen\tJPY",
  "美元\tUSD", "美金\tUSD", "欧元\tEUR", "歐元\tEUR", "英镑\tGBP", "英鎊\tGBP", "港币\tHKD", "港幣\tHKD", "港元\tHKD", "台币\tTWD", "台幣\tTWD",
  "新台币\tTWD", "新台幣\tTWD", "新臺幣\tTWD", "韩元\tKRW", "원\tKRW", "ユーロ\tEUR", "米ドル\tUSD",
  "euro\tEUR", "euros\tEUR", "Euro\tEUR", "Euros\tEUR", "EURO\tEUR", "EUROS\tEUR", "ευρώ\tEUR", "евро\tEUR",
  "SFr\tCHF", "sFr\tCHF", "Fr\tCHFXOFXAFXPF", "Kc\tCZK", "zł\tPLN", "kr\tSEKNOKDKKISK", "Kr\tSEKNOKDKKISK", "кр\tSEK",
  "lei\tRONMDL", "leu\tRONMDL", "руб\tRUBBYN", "рублей\tRUBBYN", "рубля\tRUBBYN", "рубль\tRUBBYN", "р\tRUBBYN", "Р\tRUBBYN",
  "гривень\tUAH", "лева\tBGN", "тг\tKZT", "тенге\tKZT", "сум\tUZS", "so'm\tUZS", "сом\tKGS", "ден\tMKD", "дин\tRSD", "RSD\tRSD",
  "SR\tSARSCR", "SAR\tSAR", "QR\tQAR", "KD\tKWD", "BD\tBHD", "JD\tJOD", "RO\tOMR", "DH\tMADAED", "Dh\tMADAED", "dh\tMADAED", "Dhs\tAED", "LE\tEGP", "L.E\tEGP",
  "درهم\tAEDMAD", "ريال\tSARQAROMRYER", "دينار\tKWDBHDJODIQDLYDDZDTND", "جنيه\tEGPSDG", "﷼\tIRRSARQAROMRYER", "د.إ\tAED", "دج\tDZD", "ر.س\tSAR",
  "ש'ח\tILS", 'ש"ח\tILS', "ש״ח\tILS", "בש'ח\tILS", "บาท\tTHB", "đ\tVND", "Đ\tVND", "VNĐ\tVND", "vnđ\tVND", "Php\tPHP", "PhP\tPHP", "P\tPHPBWP",
  "रु\tINRNPR", "रू\tINRNPR", "રૂ\tINR", "ரூ\tINRLKR", "টাকা\tBDT", "KSh\tKES", "GH¢\tGHS", "CFA\tXOFXAF", "F\tXOFXAFXPF", "K\tZMW", "zl\tPLN",
].join("\n");
