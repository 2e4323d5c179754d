//! Writes the spectrum of a word of the command line (`mnist:1000`, `idx:images.gz,labels.gz:10000`, ...) as an `.npz` with
//! `eigenvalues` and `signal` in single precision:
//!
//! ```text
//! cargo run --release --example spectrum_of -- idx:train-images-idx3-ubyte.gz,train-labels-idx1-ubyte.gz:10000 out.npz
//! ```
//!
//! so that the other commands can be given the file. The eigenvalues of 10,000 digits take minutes and 4 GB.

use std::io::Write;
use tauber::spectrum::{EigenvaluesOf, LoadedSpectrum};

/// A one-dimensional array of single precision in NumPy's format, version 1.
fn npy(numbers: &[f64]) -> Vec<u8> {
    let header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}",
        numbers.len()
    );
    // Magic, version, length and header fill a multiple of 64 bytes.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = padded - 1).bytes());
    bytes.extend(numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()));
    bytes
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [word, path] = words.as_slice() else {
        return Err("give a spectrum and a file: mnist:1000 out.npz".into());
    };
    let spectrum = LoadedSpectrum::from_word(word, EigenvaluesOf::Hessian)?.spectrum;
    let signal = spectrum.signal().ok_or("this spectrum has no signal")?;
    let mut writer = npyz::npz::NpzWriter::new(std::fs::File::create(path)?);
    let zip = writer.zip_writer();
    for (name, numbers) in [
        ("eigenvalues.npy", spectrum.eigenvalues()),
        ("signal.npy", signal),
    ] {
        zip.start_file(name, Default::default())?;
        zip.write_all(&npy(numbers))?;
    }
    zip.finish()?;
    println!(
        "{} modes, loss of the null space {:e}",
        spectrum.len(),
        spectrum.null_space_loss()
    );
    Ok(())
}
