//! Signed recipes: newer ones than the extension was built with, by word of a recipe key of the pinned key set.
//!
//! The text is `anytill-recipes-v1`, three lines `name=value`, then one recipe a line, compact JSON, ascending by id; each
//! line, the last one too, ends in a line feed. Signed is the SHA-256 of the text, as a key set is.
//!
//! Invariant: a recipe is flat data. A member that is not known here is refused, so that a recipe can grow no code.

use crate::{Signature, SigningKey, VerifyingKey};
use ids::UnixMs;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

const FIRST_LINE: &str = "anytill-recipes-v1";

/// Longest text that is read, bytes.
pub const RECIPES_LEN_MAX: usize = 1024 * 1024;
/// Most recipes of a bundle.
const RECIPES_MAX: usize = 200;
/// Longest text and longest list within a recipe. Lengths are counted as a browser does, in UTF-16.
const TEXT_MAX: usize = 1_000;
const LIST_MAX: usize = 100;
const ID_LEN_MAX: usize = 41;
/// Ten digits.
const VERSION_MAX: u64 = 9_999_999_999;

/// A recipe, or a bundle of them, is not of the one form. The words are for who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRecipes(String);

fn bad(why: impl ToString) -> BadRecipes {
    BadRecipes(why.to_string())
}

/// One store's or shop platform's checkout. What a field means is said where recipes are read, in the extension.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    id: String,
    version: u64,
    name: Text,
    hosts: Texts,
    paths: Texts,
    #[serde(default, deserialize_with = "given")]
    marks: Option<Texts>,
    evidence: Evidence,
    total: Texts,
    #[serde(default, deserialize_with = "given")]
    not_total: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    fields: Option<BTreeMap<FieldKind, Texts>>,
    #[serde(default, deserialize_with = "given")]
    frame_hosts: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    frames: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    save_card: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    place_order: Option<Texts>,
    #[serde(default, deserialize_with = "given")]
    gift_card_code: Option<Texts>,
    #[serde(rename = "charges")]
    _charges: Charges,
    #[serde(rename = "splits")]
    _splits: bool,
    #[serde(rename = "cardFirst")]
    _card_first: bool,
    #[serde(rename = "takesGiftCards")]
    _takes_gift_cards: bool,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text(String);

#[derive(Deserialize)]
#[serde(transparent)]
struct Texts(Vec<Text>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evidence {
    #[serde(rename = "kind")]
    _kind: EvidenceKind,
    seen: Text,
    #[serde(default, deserialize_with = "given")]
    note: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum EvidenceKind {
    Measured,
    Gathered,
    Guess,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Charges {
    Order,
    Shipment,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
enum FieldKind {
    Number,
    Expiry,
    ExpiryMonth,
    ExpiryYear,
    SecurityCode,
    Holder,
    GivenName,
    FamilyName,
    PostalCode,
}

/// May be absent, but not `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Wire {
    fn check(&self) -> Result<(), BadRecipes> {
        let id = self.id.as_bytes();
        let head = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let tail = |b: &u8| head(b) || matches!(b, b'_' | b'-');
        if !id.first().is_some_and(head) || !id.iter().all(tail) || id.len() > ID_LEN_MAX {
            return Err(bad("`id` is lower-case letters, digits, `-` and `_`, at most 41"));
        }
        if !(1..=VERSION_MAX).contains(&self.version) {
            return Err(bad("`version` counts from 1"));
        }
        let always = [&self.hosts, &self.paths, &self.total].into_iter();
        let maybe = [
            &self.marks,
            &self.not_total,
            &self.frame_hosts,
            &self.frames,
            &self.save_card,
            &self.place_order,
            &self.gift_card_code,
        ];
        let fields = self.fields.iter().flat_map(BTreeMap::values);
        for list in always.chain(maybe.into_iter().flatten()).chain(fields) {
            if list.0.len() > LIST_MAX || list.0.iter().any(Text::is_long) {
                return Err(bad("a list has more than 100 entries, or one of more than 1000 characters"));
            }
        }
        let texts = [&self.name, &self.evidence.seen].into_iter().chain(&self.evidence.note);
        if texts.into_iter().any(Text::is_long) { Err(bad("a text has more than 1000 characters")) } else { Ok(()) }
    }
}

impl Text {
    fn is_long(&self) -> bool {
        self.0.encode_utf16().count() > TEXT_MAX
    }
}

/// One recipe of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    pub id: String,
    pub version: u64,
    pub name: String,
    pub hosts: Vec<String>,
    /// Compact JSON, as it is signed.
    json: String,
}

impl Recipe {
    /// Of a file as an author wrote it; `$schema`, which editors want there, is left out.
    pub fn from_file(text: &str) -> Result<Self, BadRecipes> {
        let mut value: Value = serde_json::from_str(text).map_err(bad)?;
        if let Some(members) = value.as_object_mut() {
            members.remove("$schema");
        }
        value.to_string().parse()
    }
}

impl FromStr for Recipe {
    type Err = BadRecipes;

    fn from_str(line: &str) -> Result<Self, BadRecipes> {
        let wire: Wire = serde_json::from_str(line).map_err(bad)?;
        wire.check()?;
        let hosts = wire.hosts.0.into_iter().map(|host| host.0).collect();
        Ok(Self { id: wire.id, version: wire.version, name: wire.name.0, hosts, json: line.to_owned() })
    }
}

/// What a recipe key vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeBundle {
    /// From 1, strictly rising with every bundle.
    pub version: u64,
    pub issued_at: UnixMs,
    /// One of the key set's.
    pub key: VerifyingKey,
    /// Up to 200, each id once.
    pub recipes: Vec<Recipe>,
}

impl RecipeBundle {
    /// The text; recipes in the order of their ids.
    pub fn text(&self) -> Result<String, BadRecipes> {
        let mut text =
            format!("{FIRST_LINE}\nversion={}\nissued_at_ms={}\nkey={}\n", self.version, self.issued_at.0, self.key);
        let by_id: BTreeMap<&str, &Recipe> = self.recipes.iter().map(|recipe| (recipe.id.as_str(), recipe)).collect();
        if by_id.len() != self.recipes.len() {
            return Err(bad("two recipes have the same id"));
        }
        for recipe in by_id.values() {
            text.push_str(&recipe.json);
            text.push('\n');
        }
        // What was written has to be readable: limits are checked in one place.
        text.parse::<Self>().map(|_| text)
    }
}

impl FromStr for RecipeBundle {
    type Err = BadRecipes;

    fn from_str(text: &str) -> Result<Self, BadRecipes> {
        if text.len() > RECIPES_LEN_MAX {
            return Err(bad("a bundle has at most 1 MiB"));
        }
        let body = text.strip_suffix('\n').ok_or_else(|| bad("the last line has no end"))?;
        let mut lines = body.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(bad("not a bundle of recipes"));
        }
        let mut value = |name: &str| {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix('='));
            value.ok_or_else(|| bad(format!("`{name}` is missing")))
        };
        let version = number(value("version")?).filter(|version| (1..=VERSION_MAX).contains(version));
        let version = version.ok_or_else(|| bad("`version` is a number from 1, without leading zeros"))?;
        let issued_at = number(value("issued_at_ms")?).ok_or_else(|| bad("`issued_at_ms` is a number"))?;
        let key = value("key")?.parse::<VerifyingKey>().map_err(bad)?;
        let recipes = lines.map(str::parse).collect::<Result<Vec<Recipe>, _>>()?;
        let ids: BTreeSet<&str> = recipes.iter().map(|recipe| recipe.id.as_str()).collect();
        if ids.len() != recipes.len() || recipes.len() > RECIPES_MAX {
            return Err(bad("two recipes have the same id, or there are more than 200"));
        }
        Ok(Self { version, issued_at: UnixMs(issued_at), key, recipes })
    }
}

/// Digits without leading zeros.
fn number(text: &str) -> Option<u64> {
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// As it is sent, and as the operator's file has it. The signature as it came: what is none is a bad one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRecipes {
    pub text: String,
    #[serde(default)]
    pub signature: String,
}

impl SignedRecipes {
    /// Signs with the key that the bundle names.
    pub fn sign(bundle: &RecipeBundle, key: &SigningKey) -> Result<Self, BadRecipes> {
        if key.verifying_key() != bundle.key {
            return Err(bad("the bundle names another key"));
        }
        let text = bundle.text()?;
        let signature = key.sign(&text).to_string();
        Ok(Self { text, signature })
    }
}

/// What the extension keeps of the bundle that it accepted last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedRecipes {
    pub version: u64,
    /// SHA-256 of the text, hex.
    pub text_hash: String,
}

/// Why a bundle changes nothing; the recipes that are there stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RecipesFault {
    #[error("not a bundle of recipes")]
    NotRecipes,
    /// No key of the pinned key set.
    #[error("by a key that is none of the server's recipe keys")]
    UnknownKey,
    #[error("not signed by the key that it names")]
    BadSignature,
    #[error("older than the bundle that was accepted last")]
    Older,
    /// The same version with another text: somebody signed two.
    #[error("differs from the bundle of the same version that was accepted")]
    Differs,
}

/// A bundle that is believed, and what to keep of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedRecipes {
    pub bundle: RecipeBundle,
    pub pinned: PinnedRecipes,
}

/// `keys` are the recipe keys of the key set in force.
pub fn verify_recipes(
    signed: &SignedRecipes,
    keys: &[VerifyingKey],
    pinned: Option<&PinnedRecipes>,
) -> Result<AcceptedRecipes, RecipesFault> {
    let text = &signed.text;
    let bundle: RecipeBundle = text.parse().map_err(|_| RecipesFault::NotRecipes)?;
    if !keys.contains(&bundle.key) {
        return Err(RecipesFault::UnknownKey);
    }
    let signature = signed.signature.parse::<Signature>().map_err(|_| RecipesFault::BadSignature)?;
    if !bundle.key.verifies(text, &signature) {
        return Err(RecipesFault::BadSignature);
    }
    let text_hash = hex::encode(Sha256::digest(text));
    match pinned {
        Some(pinned) if bundle.version < pinned.version => return Err(RecipesFault::Older),
        Some(pinned) if bundle.version == pinned.version && text_hash != pinned.text_hash => {
            return Err(RecipesFault::Differs);
        }
        _ => {}
    }
    let pinned = PinnedRecipes { version: bundle.version, text_hash };
    Ok(AcceptedRecipes { bundle, pinned })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OperatorSeed;
    use proptest::prelude::*;

    const SHOP: &str = r##"{ "$schema": "./recipe.schema.json", "id": "shop", "version": 2, "name": "Shop",
        "hosts": ["shop.example"], "paths": ["/checkout/**"], "evidence": { "kind": "guess", "seen": "2026-03" },
        "total": ["#total"], "fields": { "number": ["#number"] }, "charges": "order", "splits": false,
        "cardFirst": false, "takesGiftCards": false }"##;

    fn bundle(recipes: Vec<Recipe>) -> RecipeBundle {
        let key = OperatorSeed::new([1; 64]).recipe_key(0).verifying_key();
        RecipeBundle { version: 3, issued_at: UnixMs(1_700_000_000_000), key, recipes }
    }

    fn shop(id: &str) -> Recipe {
        Recipe::from_file(&SHOP.replace(r#""shop""#, &format!("\"{id}\""))).unwrap()
    }

    #[test]
    fn recipes_are_written_by_id_and_without_what_editors_need() {
        let text = bundle(vec![shop("b"), shop("a")]).text().unwrap();
        let ids: Vec<_> = text.parse::<RecipeBundle>().unwrap().recipes.into_iter().map(|recipe| recipe.id).collect();
        assert_eq!(ids, ["a", "b"]);
        assert!(!text.contains("schema") && text.lines().count() == 6 && text.ends_with("}\n"), "{text}");
        assert!(bundle(vec![]).text().is_ok(), "none is a bundle too");
        assert!(bundle(vec![shop("a"), shop("a")]).text().is_err(), "twice");
    }

    #[test]
    fn what_is_not_flat_data_of_the_known_form_is_refused() {
        for (from, to) in [
            (r#""id": "shop""#, r#""id": "Shop""#),
            (r#""id": "shop""#, r#""id": """#),
            (r#""version": 2"#, r#""version": 0"#),
            (r#""version": 2"#, r#""version": "2""#),
            (r##"["#total"]"##, r#"[{ "js": "1" }]"#),
            (r##"["#total"]"##, "null"),
            (r#""number""#, r#""pin""#),
            (r#""order""#, r#""later""#),
            (r#""guess""#, r#""rumour""#),
            (r#""splits": false"#, r#""splits": false, "run": "alert(1)""#),
            (r#""splits": false"#, r#""splits": false, "marks": null"#),
            (r#""splits": false,"#, ""),
        ] {
            let text = SHOP.replacen(from, to, 1);
            assert_ne!(text, SHOP);
            assert!(Recipe::from_file(&text).is_err(), "{to}");
        }
        let long = SHOP.replace("#total", &"x".repeat(TEXT_MAX + 1));
        assert!(Recipe::from_file(&long).is_err());
        let many = SHOP.replace(r##"["#total"]"##, &serde_json::to_string(&vec!["a"; LIST_MAX + 1]).unwrap());
        assert!(Recipe::from_file(&many).is_err());
    }

    #[test]
    fn a_bundle_is_signed_by_the_key_that_it_names() {
        let seed = OperatorSeed::new([1; 64]);
        let signed = SignedRecipes::sign(&bundle(vec![shop("shop")]), &seed.recipe_key(0)).unwrap();
        let keys = [seed.recipe_key(0).verifying_key()];
        assert_eq!(verify_recipes(&signed, &keys, None).unwrap().bundle.recipes.len(), 1);
        assert!(SignedRecipes::sign(&bundle(vec![]), &seed.root_key(0)).is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(anytill-recipes-v1\n)?([a-z_]{0,12}=[0-9a-f]{0,70}\n){0,4}(\\{.{0,40}\n)?.{0,20}") {
            let _ = text.parse::<RecipeBundle>();
        }
    }
}
