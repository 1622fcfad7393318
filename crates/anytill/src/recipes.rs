//! Recipes: signed from an author's files into one, which the server answers with (`docs/adr/0007-recipes.md`).

use crate::admin::Answer;
use crate::cli::{Place, Recipes};
use crate::config::{self, Config};
use crate::server::{lookup, read_seed};
use anyhow::{Context as _, Result, bail};
use ids::UnixMs;
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use trust::{OperatorSeed, Recipe, RecipeBundle, SignedRecipes, SigningKey, VerifyingKey};

/// Longest file of one recipe, and of a signed bundle: its text is at most 1 MiB, and JSON escapes quotes.
const RECIPE_BYTES_MAX: u64 = 64 * 1024;
const BUNDLE_BYTES_MAX: u64 = 3 * 1024 * 1024;
/// Of the operator's recipe keys, the one that signs.
pub const KEY_NUMBER: u32 = 0;

pub fn run(place: &Place, command: &Recipes, now: UnixMs) -> Result<(Answer, bool)> {
    match command {
        Recipes::Sign { dir, out } => Ok((sign(place, dir, out, now)?, false)),
        Recipes::Show { file, report } => Ok((show(place, file)?, report.json)),
    }
}

/// The key by which this server's recipes are signed.
fn own_key(place: &Place) -> Result<SigningKey> {
    let file = config::file_of(&place.data, place.config.as_deref());
    let config = config::load(&file, std::env::vars())?;
    Ok(OperatorSeed::new(*read_seed(&config, lookup(&file))?).recipe_key(KEY_NUMBER))
}

fn sign(place: &Place, dir: &Path, out: &Path, now: UnixMs) -> Result<Answer> {
    let key = own_key(place)?;
    let recipes = read_recipes(dir)?;
    let before = match fs::exists(out)? {
        true => Some(read(out).with_context(|| format!("{} is there and would be replaced", out.display()))?),
        false => None,
    };
    let (count, key_now) = (recipes.len(), key.verifying_key());
    let last = before.as_ref().map_or(0, |(bundle, _)| bundle.version);
    let mut bundle = RecipeBundle { version: last, issued_at: now, key: key_now, recipes };
    if let Some((before, _)) = before {
        bundle.issued_at = before.issued_at;
        if bundle.text()? == before.text()? {
            let text = format!("unchanged: version {last}, {count} recipes");
            return Answer::new(true, text, &json!({ "changed": false, "version": last, "recipes": count }));
        }
        bundle.issued_at = now;
    }
    // Rises on any machine, without a counter that could be lost.
    bundle.version = (now.0 / 1_000).max(last.saturating_add(1));
    let signed = SignedRecipes::sign(&bundle, &key)?;
    write(out, &serde_json::to_string(&signed)?)?;
    let version = bundle.version;
    let text = format!("signed: version {version}, {count} recipes, {}", out.display());
    Answer::new(true, text, &json!({ "changed": true, "version": version, "recipes": count }))
}

/// Every `*.json` of a directory but schemas. All complaints at once.
fn read_recipes(dir: &Path) -> Result<Vec<Recipe>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".json") && name != "schema.json" && !name.ends_with(".schema.json") {
            files.push(path);
        }
    }
    files.sort();
    let (mut recipes, mut problems) = (Vec::new(), String::new());
    for file in files {
        match read_bounded(&file, RECIPE_BYTES_MAX).and_then(|text| Ok(Recipe::from_file(&text)?)) {
            Ok(recipe) => recipes.push(recipe),
            Err(why) => write!(problems, "\n  {}: {why:#}", file.display())?,
        }
    }
    if !problems.is_empty() {
        bail!("nothing was signed:{problems}");
    }
    if recipes.is_empty() {
        bail!("{} has no recipe", dir.display());
    }
    Ok(recipes)
}

fn read_bounded(path: &Path, bytes_max: u64) -> Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    file.take(bytes_max + 1).read_to_string(&mut text).with_context(|| path.display().to_string())?;
    if u64::try_from(text.len())? > bytes_max {
        bail!("{} is longer than {bytes_max} bytes", path.display());
    }
    Ok(text)
}

/// A signed file and what it says; that the key which it names has signed it is checked, whose the key is is not.
fn read(path: &Path) -> Result<(RecipeBundle, SignedRecipes)> {
    let text = read_bounded(path, BUNDLE_BYTES_MAX)?;
    let signed: SignedRecipes = serde_json::from_str(&text).context("not a file that `anytill recipes sign` wrote")?;
    let bundle: RecipeBundle = signed.text.parse()?;
    let accepted = trust::verify_recipes(&signed, &[bundle.key], None)?;
    Ok((accepted.bundle, signed))
}

/// As a whole, or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().context("--out names no file")?.to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    fs::write(&temporary, format!("{text}\n")).with_context(|| temporary.display().to_string())?;
    fs::rename(&temporary, path).with_context(|| path.display().to_string())
}

fn show(place: &Place, file: &Path) -> Result<Answer> {
    let (bundle, _) = read(file)?;
    // The file may be looked at where there is no server.
    let ours = own_key(place).ok().map(|key| key.verifying_key() == bundle.key);
    let whose = match ours {
        Some(true) => "this server's recipe key",
        Some(false) => "NOT this server's recipe key: its shoppers will refuse it",
        None => "no server here to compare the key with",
    };
    let (version, key) = (bundle.version, bundle.key);
    let mut text = format!(
        "version {version}, issued {}, {} recipes, signed\nkey {key}: {whose}",
        outbound::rfc3339(bundle.issued_at),
        bundle.recipes.len()
    );
    for recipe in &bundle.recipes {
        write!(text, "\n{:<20} {:>4}  {:<24} {}", recipe.id, recipe.version, recipe.name, recipe.hosts.join(" "))?;
    }
    let recipes: Vec<_> =
        bundle.recipes.iter().map(|recipe| json!({ "id": recipe.id, "version": recipe.version })).collect();
    let json = json!({
        "version": version, "issued_at_ms": bundle.issued_at, "key": key, "own_key": ours, "recipes": recipes,
    });
    Answer::new(ours != Some(false), text, &json)
}

/// The file of the configuration, if it names one, as the shoppers of this server would check it.
pub fn configured(
    config: &Config,
    file: &Path,
    own_key: VerifyingKey,
) -> Option<Result<(RecipeBundle, SignedRecipes)>> {
    let path = &config.recipes.file;
    if path.as_os_str().is_empty() {
        return None;
    }
    let found = read(&lookup(file).base.join(path)).and_then(|(bundle, signed)| {
        if bundle.key != own_key {
            bail!("signed by {}, which is not this server's recipe key", bundle.key);
        }
        Ok((bundle, signed))
    });
    Some(found.context("recipes.file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = r##"{ "id": "shop", "version": 1, "name": "Shop", "hosts": ["shop.example"], "paths": ["/pay"],
        "evidence": { "kind": "guess", "seen": "2026-11" }, "total": ["#total"], "charges": "order", "splits": false,
        "cardFirst": false, "takesGiftCards": false }"##;

    #[test]
    fn files_are_read_but_schemas_and_every_bad_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        assert!(read_recipes(dir.path()).unwrap_err().to_string().contains("no recipe"));
        put("shop.json", SHOP);
        put("schema.json", "{}");
        put("recipe.schema.json", "{}");
        put("notes.md", "not JSON");
        assert_eq!(read_recipes(dir.path()).unwrap().len(), 1);
        put("bad.json", "{");
        put("worse.json", &SHOP.replace("\"id\"", "\"run\""));
        let why = read_recipes(dir.path()).unwrap_err().to_string();
        assert!(why.contains("bad.json") && why.contains("worse.json") && why.contains("`run`"), "{why}");
        put("bad.json", &" ".repeat(70_000));
        assert!(read_recipes(dir.path()).unwrap_err().to_string().contains("longer than"));
    }
}
