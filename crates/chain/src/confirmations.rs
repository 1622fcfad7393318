//! How deep is final, by amount.

use money::Sat;

/// Steps by amount: up to so much, so many blocks; above the last one, `above`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmations {
    steps: Vec<(Sat, u32)>,
    above: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadConfirmations {
    #[error("one confirmation is the least: what is in no block can be replaced by its sender")]
    None,
    #[error("amounts and confirmations have to grow from step to step")]
    Order,
}

impl Confirmations {
    pub fn new(steps: Vec<(Sat, u32)>, above: u32) -> Result<Self, BadConfirmations> {
        let blocks = || steps.iter().map(|(_, blocks)| *blocks).chain([above]);
        if blocks().any(|blocks| blocks == 0) {
            return Err(BadConfirmations::None);
        }
        let amounts_grow = steps.iter().zip(steps.iter().skip(1)).all(|(one, next)| one.0 < next.0);
        let blocks_grow = blocks().zip(blocks().skip(1)).all(|(one, next)| one <= next);
        if amounts_grow && blocks_grow { Ok(Self { steps, above }) } else { Err(BadConfirmations::Order) }
    }

    pub fn needed(&self, amount: Sat) -> u32 {
        self.steps.iter().find(|(up_to, _)| amount <= *up_to).map_or(self.above, |(_, blocks)| *blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sat(amount: u64) -> Sat {
        Sat::new(amount).unwrap()
    }

    #[test]
    fn more_takes_longer() {
        let table = Confirmations::new(vec![(sat(100), 1), (sat(1_000), 2)], 6).unwrap();
        let needed = [1, 100, 101, 1_000, 1_001].map(|amount| table.needed(sat(amount)));
        assert_eq!(needed, [1, 1, 2, 2, 6]);
        assert_eq!(Confirmations::new(Vec::new(), 3).unwrap().needed(sat(1)), 3);
    }

    #[test]
    fn nothing_is_final_in_no_block() {
        assert_eq!(Confirmations::new(vec![(sat(1), 0)], 1), Err(BadConfirmations::None));
        assert_eq!(Confirmations::new(vec![(sat(2), 1), (sat(2), 2)], 3), Err(BadConfirmations::Order));
        assert_eq!(Confirmations::new(vec![(sat(2), 3)], 2), Err(BadConfirmations::Order));
    }
}
