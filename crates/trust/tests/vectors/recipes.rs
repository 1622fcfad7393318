//! Bundles of recipes as a server sends them, and what an extension makes of each.

use ids::UnixMs;
use serde_json::{Value, json};
use trust::{OperatorSeed, PinnedRecipes, Recipe, RecipeBundle, SignedRecipes, VerifyingKey, verify_recipes};

const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn seed() -> OperatorSeed {
    OperatorSeed::from_words(WORDS).expect("the phrase of BIP39's first vector")
}

fn key(number: u32) -> VerifyingKey {
    seed().recipe_key(number).verifying_key()
}

fn recipe(id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut recipe = json!({
        "id": id, "version": 2, "name": "Shop \u{2013} Läden 店", "hosts": [format!("www.{id}.example")],
        "paths": ["/checkout/**"], "evidence": { "kind": "guess", "seen": "2026-03" },
        "total": ["#order-total", "[data-test=\"total\"] > b"], "notTotal": [".subtotal"],
        "fields": { "number": ["#number"], "expiryMonth": ["select[name=\"month\"]"], "securityCode": ["#code"] },
        "frameHosts": ["pay.example"], "charges": "order", "splits": false, "cardFirst": false, "takesGiftCards": false,
    });
    change(&mut recipe);
    recipe
}

fn bundle(version: u64, recipes: &[Value]) -> RecipeBundle {
    let recipes = recipes.iter().map(|recipe| Recipe::from_file(&recipe.to_string()).expect("a recipe of the tests"));
    let issued_at = UnixMs(1_763_870_000_000 + version);
    RecipeBundle { version, issued_at, key: key(0), recipes: recipes.collect() }
}

fn usual() -> [Value; 2] {
    [recipe("shop", |_| {}), recipe("another-shop", |_| {})]
}

fn signed(version: u64) -> SignedRecipes {
    SignedRecipes::sign(&bundle(version, &usual()), &seed().recipe_key(0)).expect("a bundle of the tests")
}

/// Signed well, whatever the text is.
fn resigned(text: String) -> SignedRecipes {
    let signature = seed().recipe_key(0).sign(&text).to_string();
    SignedRecipes { text, signature }
}

/// Signed well, with a line that no operator's command would write.
fn with_line(line: &str) -> SignedRecipes {
    resigned(format!("{}{line}\n", signed(3).text))
}

fn case(name: &str, signed: &SignedRecipes, keys: &[VerifyingKey], pinned: Option<&PinnedRecipes>) -> Value {
    let (result, after) = match verify_recipes(signed, keys, pinned) {
        Ok(accepted) => {
            let recipes = accepted.bundle.recipes.iter();
            let recipes: Vec<_> = recipes.map(|recipe| json!({ "id": recipe.id, "version": recipe.version })).collect();
            (json!("ok"), json!({ "pinned": accepted.pinned, "recipes": recipes }))
        }
        Err(fault) => (json!(fault), Value::Null),
    };
    json!({
        "name": name, "signed": signed, "recipe_keys": keys, "pinned": pinned, "result": result, "after": after,
    })
}

fn upper_half(signed: &SignedRecipes) -> SignedRecipes {
    let mut bytes = hex::decode(&signed.signature).expect("hex");
    let s = bitcoin::secp256k1::SecretKey::from_slice(&bytes[32..]).expect("s is in range").negate();
    bytes[32..].copy_from_slice(&s.secret_bytes());
    SignedRecipes { signature: hex::encode(bytes), ..signed.clone() }
}

/// By word of whom, and how old.
fn believed(pinned: &PinnedRecipes) -> Vec<Value> {
    let ours = [key(0)];
    let good = signed(3);
    let pinned = Some(pinned);
    let empty = SignedRecipes::sign(&bundle(3, &[]), &seed().recipe_key(0)).expect("a bundle");
    let other = SignedRecipes::sign(&bundle(2, &usual()[..1]), &seed().recipe_key(0)).expect("a bundle");
    let by_stranger = SignedRecipes { signature: seed().recipe_key(1).sign(&good.text).to_string(), ..good.clone() };
    let mut next = bundle(3, &usual());
    next.key = key(1);
    let by_next = SignedRecipes::sign(&next, &seed().recipe_key(1)).expect("a bundle");
    let by_root = SignedRecipes { signature: seed().root_key(0).sign(&good.text).to_string(), ..good.clone() };
    let with = |signature: &str| SignedRecipes { signature: signature.to_owned(), ..good.clone() };
    let tampered = |from: &str, to: &str| {
        let text = good.text.replacen(from, to, 1);
        assert_ne!(text, good.text);
        SignedRecipes { text, ..good.clone() }
    };
    vec![
        case("the first", &good, &ours, None),
        case("newer", &good, &ours, pinned),
        case("newer, without recipes", &empty, &ours, pinned),
        case("the same again", &signed(2), &ours, pinned),
        case("older", &signed(1), &ours, pinned),
        case("same version, another text", &other, &ours, pinned),
        case("by the second key of the key set", &by_next, &[key(0), key(1)], pinned),
        case("by a key that is not in the key set", &by_next, &ours, pinned),
        case("no recipe key in the key set", &good, &[], pinned),
        case("unsigned", &with(""), &ours, pinned),
        case("signature is no hex", &with(&"zz".repeat(64)), &ours, pinned),
        case("signature in capitals", &with(&good.signature.to_uppercase()), &ours, pinned),
        case("signed by another recipe key", &by_stranger, &[key(0), key(1)], pinned),
        case("signed by the root key", &by_root, &ours, pinned),
        case("signature of another bundle", &with(&signed(2).signature), &ours, pinned),
        case("signature with s in the upper half", &upper_half(&good), &ours, pinned),
        case("selector changed", &tampered("#order-total", "#subtotal"), &ours, pinned),
        case("version changed", &tampered("version=3", "version=9"), &ours, pinned),
        case("host added", &tampered("www.shop.example\"", "www.shop.example\",\"evil.example\""), &ours, pinned),
    ]
}

/// Signed well, and yet no bundle.
fn formed(pinned: &PinnedRecipes) -> Vec<Value> {
    let ours = [key(0)];
    let text = signed(3).text;
    let line = |change: &dyn Fn(&mut Value)| with_line(&recipe("third", change).to_string());
    let bad = |name: &str, signed: SignedRecipes| case(name, &signed, &ours, Some(pinned));
    let hex_key = key(0).to_string();
    vec![
        bad("a third recipe", line(&|_| {})),
        bad("line feed missing", resigned(text.trim_end().to_owned())),
        bad("empty line", with_line("")),
        bad("carriage returns", resigned(text.replace('\n', "\r\n"))),
        bad("leading zero", resigned(text.replace("version=3", "version=03"))),
        bad("version zero", resigned(text.replace("version=3", "version=0"))),
        bad("another format", resigned(text.replace("recipes-v1", "recipes-v2"))),
        bad("a key set's first line", resigned(text.replace("anytill-recipes-v1", "anytill-key-set-v1"))),
        bad("key in capitals", resigned(text.replace(&hex_key, &hex_key.to_uppercase()))),
        bad("a line that is no JSON", with_line("{")),
        bad("a line that is no object", with_line("[]")),
        bad("one recipe twice", with_line(&recipe("shop", |_| {}).to_string())),
        bad("a member that is not known", line(&|recipe| recipe["run"] = json!("alert(1)"))),
        bad("a field that is not known", line(&|recipe| recipe["fields"]["pin"] = json!(["#pin"]))),
        bad("a selector that is no text", line(&|recipe| recipe["total"] = json!([{ "js": "1" }]))),
        bad("no total", line(&|recipe| drop(recipe.as_object_mut().expect("an object").remove("total")))),
        bad("null for a list", line(&|recipe| recipe["marks"] = Value::Null)),
        bad("an id in capitals", line(&|recipe| recipe["id"] = json!("Third"))),
        bad("charges at another time", line(&|recipe| recipe["charges"] = json!("later"))),
        bad("a text that is too long", line(&|recipe| recipe["name"] = json!("x".repeat(1_001)))),
    ]
}

pub fn vectors() -> Value {
    let pinned = verify_recipes(&signed(2), &[key(0)], None).expect("good").pinned;
    let cases = [believed(&pinned), formed(&pinned)].concat();
    json!({
        "about": "The text is signed as it is sent: ECDSA on secp256k1 over its SHA-256, r and s of 32 bytes, s in the lower half. `recipe_keys` are the key set's, `pinned` what the extension kept of the bundle before, `after` what it has then. The first fault of: not_recipes, unknown_key, bad_signature, older, differs.",
        "seed_words": WORDS,
        "cases": cases,
    })
}
