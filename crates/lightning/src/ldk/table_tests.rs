use super::*;
use std::path::PathBuf;

struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("holds.sqlite")
    }

    fn open(&self, epoch_min: u64) -> Result<Table, StartError> {
        Table::open(self.dir.path(), &self.file(), epoch_min)
    }
}

fn row(byte: u8, state: HoldState, claim_deadline: BlockHeight) -> HoldRow {
    HoldRow {
        hash: PaymentHash([byte; 32]),
        request: "request".to_owned(),
        bolt11: "lnbcrt1".to_owned(),
        expires_at_ms: 5,
        state,
        amount_msat: 496_758_000,
        claim_deadline,
        claim_called: false,
        untold: false,
    }
}

#[test]
fn rows_survive_a_reopening() {
    let fixture = Fixture::new();
    let table = fixture.open(0).unwrap();
    table.put_hold(&row(1, HoldState::Held, 180), Sync::Later).unwrap();
    table.mark_claim(&PaymentHash([1; 32]), true, Sync::Later).unwrap();
    drop(table);
    let table = fixture.open(0).unwrap();
    let expected = HoldRow { claim_called: true, ..row(1, HoldState::Held, 180) };
    assert_eq!(table.hold(&PaymentHash([1; 32])).unwrap(), Some(expected));
    assert_eq!(table.hold(&PaymentHash([2; 32])).unwrap(), None);
}

#[test]
fn only_live_holds_are_due() {
    let fixture = Fixture::new();
    let table = fixture.open(0).unwrap();
    table.put_hold(&row(1, HoldState::Held, 180), Sync::Now).unwrap();
    table.put_hold(&row(2, HoldState::Claimed, 100), Sync::Now).unwrap();
    table.put_hold(&row(3, HoldState::Open, 0), Sync::Now).unwrap();
    assert!(table.due(179).unwrap().is_empty());
    assert_eq!(table.due(180).unwrap(), [row(1, HoldState::Held, 180)]);
    assert_eq!(table.held().unwrap().len(), 1);
}

#[test]
fn a_return_is_told_once_acknowledged_and_only_of_what_was_held() {
    let fixture = Fixture::new();
    let table = fixture.open(0).unwrap();
    let hash = PaymentHash([1; 32]);
    table.put_hold(&row(1, HoldState::Held, 180), Sync::Now).unwrap();
    assert!(table.returned(&hash).unwrap());
    assert!(!table.returned(&hash).unwrap());
    assert_eq!(table.untold().unwrap(), Some(hash));
    drop(table);
    let table = fixture.open(0).unwrap();
    assert_eq!(table.untold().unwrap(), Some(hash), "a restart does not swallow it");
    table.told(&hash).unwrap();
    assert_eq!(table.untold().unwrap(), None);

    table.put_hold(&row(2, HoldState::Claimed, 180), Sync::Now).unwrap();
    assert!(!table.returned(&PaymentHash([2; 32])).unwrap());
}

#[test]
fn a_succeeded_send_stays_so() {
    let fixture = Fixture::new();
    let table = fixture.open(0).unwrap();
    let hash = PaymentHash([9; 32]);
    table.intend_send(&hash, "lnbcrt1").unwrap();
    assert!(table.send(&hash).unwrap() == Some(SendState::Pending));
    let success = SendState::Succeeded { preimage: Preimage([4; 32]), fee_msat: 7 };
    table.end_send(&hash, &success, Sync::Now).unwrap();
    table.end_send(&hash, &SendState::Failed { reason: "late".to_owned() }, Sync::Now).unwrap();
    table.intend_send(&hash, "lnbcrt1").unwrap();
    table.forget_send(&hash).unwrap();
    assert!(table.send(&hash).unwrap() == Some(success));
}

#[test]
fn an_old_copy_and_a_newer_file_are_refused() {
    let fixture = Fixture::new();
    let epoch = fixture.open(0).unwrap().epoch();
    assert_eq!(epoch, 1);
    std::fs::copy(fixture.file(), fixture.dir.path().join("copy")).unwrap();
    let epoch = fixture.open(epoch).unwrap().epoch();
    std::fs::copy(fixture.dir.path().join("copy"), fixture.file()).unwrap();
    assert!(matches!(fixture.open(epoch), Err(StartError::StaleCopy { found: 1, expected: 2, .. })));

    Connection::open(fixture.file()).unwrap().pragma_update(None, "user_version", 3).unwrap();
    assert!(matches!(fixture.open(0), Err(StartError::Storage { .. })));
    std::fs::write(fixture.file(), [7; 5_000]).unwrap();
    assert!(matches!(fixture.open(0), Err(StartError::Storage { .. })));
}
