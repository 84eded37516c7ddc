//! Near duplicates by gaoya: keeps a row unless one that was kept is similar
//! by its signature.
//!
//!     gaoya-near-duplicates INPUT OUTPUT BANDS ROWS

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};
use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

const WINDOW: usize = 5;
const THRESHOLD: f64 = 0.7;

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// The shingles of a text in lower case: windows of what lies between spaces,
/// or the whole text where it is shorter.
fn shingles(text: &str) -> (String, Vec<(usize, usize)>) {
    let mut joined = String::with_capacity(text.len());
    let mut words = Vec::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        let start = joined.len();
        joined.push_str(word);
        words.push((start, joined.len()));
    }
    if words.len() < WINDOW {
        let end = joined.len();
        return (joined, vec![(0, end)]);
    }
    let spans = words.windows(WINDOW).map(|w| (w[0].0, w[WINDOW - 1].1)).collect();
    (joined, spans)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, input, output, bands, rows] = &args[..] else {
        return Err("usage: gaoya-near-duplicates INPUT OUTPUT BANDS ROWS".into());
    };
    let (bands, rows): (usize, usize) = (bands.parse()?, rows.parse()?);
    let hasher = MinHasher32::new(bands * rows);
    let mut index: MinHashIndex<u32, u32> = MinHashIndex::new(bands, rows, THRESHOLD);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(input)?);
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(output)?);
    let mut line = String::new();
    let mut id = 0;
    while reader.read_line(&mut line)? > 0 {
        let row: Row = serde_json::from_str(&line)?;
        let (text, spans) = shingles(&row.text.to_lowercase());
        let signature = hasher.create_signature(spans.iter().map(|&(start, end)| &text[start..end]));
        if index.query_one(&signature).is_none() {
            index.insert(id, signature);
            writer.write_all(line.as_bytes())?;
        }
        id += 1;
        line.clear();
    }
    writer.flush()?;
    Ok(())
}
