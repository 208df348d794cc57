//! Registers: read together where they lie together, and put together to numbers.

use crate::config::{MapRule, Register, RegisterTable, RegisterType};
use serde_json::Value;

/// Some meters refuse to give more at once.
const BLOCK_WORDS_MAX: u16 = 60;

/// Registers that one question reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub table: RegisterTable,
    pub first: u16,
    pub count: u16,
    /// The rules that are served by it.
    pub rules: Vec<usize>,
}

/// Puts adjacent registers into blocks. Gaps are not read over: many devices refuse a block with an address in it that
/// they do not have.
pub fn blocks(rules: &[MapRule<Register>]) -> Vec<Block> {
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by_key(|index| (rules[*index].place.table, rules[*index].place.address));
    let mut blocks: Vec<Block> = Vec::new();
    for index in order {
        let Register { table, address, ty, .. } = rules[index].place;
        let end = u32::from(address) + u32::from(ty.words());
        let last = blocks.last_mut().filter(|block| {
            let block_end = u32::from(block.first) + u32::from(block.count);
            block.table == table
                && u32::from(address) <= block_end
                && end - u32::from(block.first) <= u32::from(BLOCK_WORDS_MAX)
        });
        match last {
            Some(block) => {
                block.count = block.count.max((end - u32::from(block.first)) as u16);
                block.rules.push(index);
            }
            None => blocks.push(Block { table, first: address, count: ty.words(), rules: vec![index] }),
        }
    }
    blocks
}

/// The value at the front of these registers; `None` when there are too few, or the device says that it has none.
pub fn value_of(register: &Register, words: &[u16]) -> Option<Value> {
    let word = |index: usize| {
        words.get(index).map(|word| if register.little_bytes { word.swap_bytes() } else { *word })
    };
    let first = word(0)?;
    let double = || {
        let (high, low) = if register.little_words { (word(1)?, first) } else { (first, word(1)?) };
        Some(u32::from(high) << 16 | u32::from(low))
    };
    let number = match register.ty {
        RegisterType::Bool => return Some(Value::Bool(first != 0)),
        RegisterType::U16 => f64::from(first),
        RegisterType::I16 => f64::from(first.cast_signed()),
        RegisterType::U32 => f64::from(double()?),
        RegisterType::I32 => f64::from(double()?.cast_signed()),
        RegisterType::F32 => f64::from(f32::from_bits(double()?)),
    };
    // A float that is none (NaN) has no JSON, and is no value.
    if register.none == Some(number) { None } else { serde_json::Number::from_f64(number).map(Value::Number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Conversion, Target};

    fn register(table: RegisterTable, address: u16, ty: RegisterType) -> Register {
        Register { table, address, ty, little_words: false, little_bytes: false, none: None }
    }

    #[test]
    fn adjacent_registers_are_read_together() {
        use RegisterTable::{Coil, Input};
        let rule = |table, address, ty| MapRule {
            member: "power_w",
            place: register(table, address, ty),
            conversion: Conversion {
                target: Target::Float,
                scale: 1.0,
                offset: 0.0,
                values: Default::default(),
            },
        };
        let (u16, f32) = (RegisterType::U16, RegisterType::F32);
        let rules = [
            rule(Input, 12, f32),
            rule(Input, 0, f32),
            rule(Input, 2, u16),
            rule(Coil, 3, u16),
            rule(Input, 65_535, u16),
        ];
        let block =
            |table, first, count, rules: &[usize]| Block { table, first, count, rules: rules.to_vec() };
        let expected = [
            block(Coil, 3, 1, &[3]),
            block(Input, 0, 3, &[1, 2]),
            block(Input, 12, 2, &[0]),
            block(Input, 65_535, 1, &[4]),
        ];
        assert_eq!(blocks(&rules), expected);
        let many: Vec<_> = (0..100).map(|address| rule(Input, address, u16)).collect();
        assert_eq!(blocks(&many).iter().map(|block| block.count).collect::<Vec<_>>(), [60, 40]);
    }

    #[test]
    fn words_become_numbers() {
        use RegisterType::{Bool, F32, I16, I32, U16, U32};
        let check = |ty, words: &[u16], orders: (bool, bool), expected: Option<f64>| {
            let (little_words, little_bytes) = orders;
            let place = Register {
                little_words,
                little_bytes,
                none: Some(32_767.0),
                ..register(RegisterTable::Input, 0, ty)
            };
            assert_eq!(
                value_of(&place, words).and_then(|value| value.as_f64()),
                expected,
                "{ty:?} {words:?}"
            );
        };
        let big = (false, false);
        check(U16, &[0xFF33], big, Some(65_331.0));
        check(I16, &[0xFF33], big, Some(-205.0));
        check(I16, &[0x33FF], (false, true), Some(-205.0));
        check(I16, &[32_767], big, None);
        check(U32, &[1, 2], big, Some(65_538.0));
        check(U32, &[2, 1], (true, false), Some(65_538.0));
        check(I32, &[0xFFFF, 0xFFFF], big, Some(-1.0));
        check(F32, &[0x4366, 0x8000], big, Some(230.5));
        check(F32, &[0x0080, 0x6643], (true, true), Some(230.5));
        check(F32, &[0x7FC0, 0], big, None);
        check(F32, &[0x4366], big, None);
        assert_eq!(value_of(&register(RegisterTable::Coil, 0, Bool), &[1]), Some(Value::Bool(true)));
    }
}
