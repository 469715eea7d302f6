//! Macroblocks as JSON: the elements that are not zero, `None` or empty, by their names, and always mb_type. A level comes after its place,
//! and so do the two components of an mvd.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};

use super::macroblock::{Macroblock, MbType};

impl Serialize for MbType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for MbType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MbType, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = MbType::all().find(|mb_type| mb_type.name() == name);
        found.ok_or_else(|| D::Error::custom(format_args!("{name:?} is no mb_type, nor Skip")))
    }
}

impl Serialize for Macroblock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("mb_type", &self.mb_type)?;
        if let Some(flag) = self.mb_field_decoding_flag {
            map.serialize_entry("mb_field_decoding_flag", &flag)?;
        }
        if self.transform_size_8x8_flag {
            map.serialize_entry("transform_size_8x8_flag", &true)?;
        }
        if self.mb_type == MbType::I_NXN {
            let blocks = if self.transform_size_8x8_flag { 4 } else { 16 };
            map.serialize_entry("rem_intra_pred_mode", &self.rem_intra_pred_mode[..blocks])?;
        }
        if self.intra_chroma_pred_mode != 0 {
            map.serialize_entry("intra_chroma_pred_mode", &self.intra_chroma_pred_mode)?;
        }
        let names = self.mb_type.sub_mb_types();
        if !names.is_empty() {
            let names = self.sub_mb_type.map(|kind| names.get(usize::from(kind)));
            map.serialize_entry("sub_mb_type", &names)?;
        }
        for (list, name) in ["ref_idx_l0", "ref_idx_l1"].into_iter().enumerate() {
            if self.ref_idx[list] != [0; 4] {
                map.serialize_entry(name, &self.ref_idx[list])?;
            }
        }
        for (list, name) in ["mvd_l0", "mvd_l1"].into_iter().enumerate() {
            let places = self.mvd[list].iter().enumerate().filter(|(_, mvd)| **mvd != [0; 2]);
            let places: Vec<_> = places.map(|(place, [x, y])| (place, x, y)).collect();
            if !places.is_empty() {
                map.serialize_entry(name, &places)?;
            }
        }
        if self.coded_block_pattern != 0 {
            map.serialize_entry("coded_block_pattern", &self.coded_block_pattern)?;
        }
        if self.mb_qp_delta != 0 {
            map.serialize_entry("mb_qp_delta", &self.mb_qp_delta)?;
        }
        if !self.levels.is_empty() {
            let levels = self.levels.iter().enumerate().filter(|(_, level)| **level != 0);
            map.serialize_entry("levels", &levels.collect::<Vec<_>>())?;
        }
        if self.pcm_alignment != 0 {
            map.serialize_entry("pcm_alignment_zero_bits", &self.pcm_alignment)?;
        }
        if !self.pcm.is_empty() {
            map.serialize_entry("pcm", &self.pcm)?;
        }
        map.end()
    }
}

/// The keys of a macroblock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    mb_type: MbType,
    mb_field_decoding_flag: Option<bool>,
    #[serde(default)]
    transform_size_8x8_flag: bool,
    #[serde(default)]
    rem_intra_pred_mode: Vec<Option<u8>>,
    #[serde(default)]
    intra_chroma_pred_mode: u8,
    sub_mb_type: Option<[String; 4]>,
    #[serde(default)]
    ref_idx_l0: [u8; 4],
    #[serde(default)]
    ref_idx_l1: [u8; 4],
    #[serde(default)]
    mvd_l0: Vec<(usize, i16, i16)>,
    #[serde(default)]
    mvd_l1: Vec<(usize, i16, i16)>,
    #[serde(default)]
    coded_block_pattern: u8,
    #[serde(default)]
    mb_qp_delta: i8,
    levels: Option<Vec<(usize, i32)>>,
    #[serde(default)]
    pcm_alignment_zero_bits: u8,
    #[serde(default)]
    pcm: Vec<u8>,
}

/// The most levels that a macroblock can have: those of 4:4:4.
const MOST_LEVELS: usize = 768;

/// Reads no more levels than up to the last one that is not zero, but at least one if the key is there.
impl<'de> Deserialize<'de> for Macroblock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Macroblock, D::Error> {
        let keys = Keys::deserialize(deserializer)?;
        let mut macroblock = Macroblock {
            mb_type: keys.mb_type,
            mb_field_decoding_flag: keys.mb_field_decoding_flag,
            transform_size_8x8_flag: keys.transform_size_8x8_flag,
            intra_chroma_pred_mode: keys.intra_chroma_pred_mode,
            ref_idx: [keys.ref_idx_l0, keys.ref_idx_l1],
            coded_block_pattern: keys.coded_block_pattern,
            mb_qp_delta: keys.mb_qp_delta,
            pcm_alignment: keys.pcm_alignment_zero_bits,
            pcm: keys.pcm,
            ..Macroblock::default()
        };
        let beyond = |what, place, most| {
            D::Error::custom(format_args!(
                "{what} number {place} is there, but the last one has number {most}"
            ))
        };
        let modes = keys.rem_intra_pred_mode;
        let given = macroblock.rem_intra_pred_mode.get_mut(..modes.len());
        given.ok_or_else(|| beyond("rem_intra_pred_mode", modes.len() - 1, 15))?.copy_from_slice(&modes);
        let names = keys.mb_type.sub_mb_types();
        for (block, name) in keys.sub_mb_type.iter().flatten().enumerate() {
            let kind = names.iter().position(|other| other == name);
            let other = || format!("{name:?} is no sub_mb_type of {}", keys.mb_type.name());
            macroblock.sub_mb_type[block] = kind.ok_or_else(|| D::Error::custom(other()))? as u8;
        }
        for (list, places) in [keys.mvd_l0, keys.mvd_l1].into_iter().enumerate() {
            for (place, x, y) in places {
                *macroblock.mvd[list].get_mut(place).ok_or_else(|| beyond("mvd", place, 15))? = [x, y];
            }
        }
        if let Some(levels) = keys.levels {
            let count = levels.iter().map(|(place, _)| place.saturating_add(1)).max().unwrap_or(1);
            if count > MOST_LEVELS {
                return Err(beyond("level", count - 1, MOST_LEVELS - 1));
            }
            macroblock.levels.resize(count, 0);
            let mut is_given = vec![false; count];
            for (place, level) in levels {
                if std::mem::replace(&mut is_given[place], true) {
                    return Err(D::Error::custom(format_args!("level number {place} is there twice")));
                }
                macroblock.levels[place] = level;
            }
        }
        Ok(macroblock)
    }
}
