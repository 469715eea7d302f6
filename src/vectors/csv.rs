//! Vectors as two tables, for programs that read neither JSON nor `$readmemh`: one row for each vector, and one row for each request.

use std::fmt::Write;

use super::{Step, Vector, trail};
use crate::cycle::RequestFields;

/// `vectors.csv` and `requests.csv`: their names and their contents. A field that does not apply is empty.
///
/// ```
/// use silicabac::vectors;
/// let [(name, table), _] = vectors::csv(&silicabac::stress::smoke());
/// assert_eq!(name, "vectors.csv");
/// assert!(table.starts_with("id,class,comment,flags,coders,bins,position,error,error_bin,error_bit,codec,"));
/// ```
pub fn csv(vectors: &[Vector]) -> [(&'static str, String); 2] {
    let mut table = "id,class,comment,flags,coders,bins,position,error,error_bin,error_bit,codec,slice_type,\
                     slice_qp_y,index,bytes\n"
        .to_owned();
    let mut requests = "vector,request,bin,kind,kind_number,ctxIdx,pStateIdx,valMPS,value,codIRange,codILow,\
                        bitsOutstanding,codIOffset,position,error\n"
        .to_owned();
    for vector in vectors {
        table += &vector_row(vector);
        for (number, step) in trail(vector).enumerate() {
            requests += &request_row(&vector.id, number, &step);
        }
    }
    [("vectors.csv", table), ("requests.csv", requests)]
}

fn vector_row(vector: &Vector) -> String {
    let flags: Vec<&str> = vector.flags.iter().map(|flag| flag.name()).collect();
    let coders = if vector.decode_only { "decoder" } else { "both" };
    let error =
        vector.error.map_or(",,".into(), |error| format!("{:?},{},{}", error.kind, error.bin, error.bit));
    let init = vector.init.map_or(",,,".into(), |init| {
        format!("{:?},{:?},{},{}", init.codec, init.slice_type, init.slice_qp_y, init.index)
    });
    let mut bytes = String::with_capacity(2 * vector.bytes.len());
    for byte in &vector.bytes {
        // Writing to a string cannot fail.
        let _ = write!(bytes, "{byte:02x}");
    }
    let (id, class, comment) = (&vector.id, vector.class(), quoted(&vector.comment));
    let (bins, position, flags) = (vector.bins(), vector.position, flags.join(" "));
    format!("{id},{class},{comment},{flags},{coders},{bins},{position},{error},{init},{bytes}\n")
}

fn request_row(vector: &str, number: usize, step: &Step) -> String {
    let Step { request, cod_i_range, cod_i_offset, position, model, .. } = step;
    let RequestFields { kind, bin, data, ctx_idx } = request.fields();
    let some = |value: Option<String>| value.unwrap_or_default();
    let name = request.to_string();
    let name = name.split([' ', ':']).next().unwrap_or_default();
    let ctx_idx = some(model.map(|_| ctx_idx.to_string()));
    let state = some(model.map(|model| model.p_state_idx().to_string()));
    let mps = some(model.map(|model| u8::from(model.val_mps()).to_string()));
    let value =
        if request.is_raw() { data.to_string() } else { some(request.is_bin().then(|| bin.to_string())) };
    let bin = some(step.bin.map(|bin| bin.to_string()));
    let low = some(step.cod_i_low.map(|low| low.to_string()));
    let outstanding = some(step.bits_outstanding.map(|count| count.to_string()));
    let error = some(step.error.map(|error| format!("{error:?}")));
    format!(
        "{vector},{number},{bin},{name},{kind},{ctx_idx},{state},{mps},{value},{cod_i_range},{low},{outstanding},\
         {cod_i_offset},{position},{error}\n"
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
