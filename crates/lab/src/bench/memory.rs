//! Memory of a process, as the kernel counts it.

use anyhow::{Context as _, Result};

pub const AIM_MIB: f64 = 60.0;

pub struct Memory {
    /// `VmRSS`: all pages in memory, those of the program's own file among them.
    pub resident_mib: f64,
    /// `RssAnon`: heap and stacks.
    pub anonymous_mib: f64,
}

pub fn of(pid: u32) -> Result<Memory> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("{path} (Linux only)"))?;
    Ok(Memory { resident_mib: mib(&status, "VmRSS")?, anonymous_mib: mib(&status, "RssAnon")? })
}

fn mib(status: &str, name: &str) -> Result<f64> {
    let line = status.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with(':'));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u32>().ok());
    Ok(f64::from(kib.with_context(|| format!("no {name}"))?) / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_read_right() {
        let status = "Name:\tanytill\nVmRSSx:\t1 kB\nVmRSS:\t   61440 kB\nRssAnon:\t    1024 kB\n";
        assert_eq!((mib(status, "VmRSS").unwrap(), mib(status, "RssAnon").unwrap()), (60.0, 1.0));
        assert!(mib(status, "RssFile").is_err());
        assert!(of(std::process::id()).unwrap().resident_mib > 0.5);
    }
}
