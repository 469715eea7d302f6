//! The C++ between the Verilated class and Rust: four functions, or five, which copy each port by its own statement.
//!
//! One call is one clock, or one evaluation of the logic. Inputs are set while the clock is low, then outputs are read, and only then the
//! clock rises, if there is one. So what a caller sees belongs to the clock whose inputs it gave: the current registers, and the logic's
//! outputs for them and for the inputs.

use crate::ports::{Direction, Port};

/// The whole translation unit: the model's files, then the functions.
pub(crate) fn generate(
    model_files: &[String],
    ports: &[Port],
    clock: Option<&str>,
    coverage: bool,
) -> String {
    let includes: String = model_files.iter().map(|file| format!("#include \"{file}\"\n")).collect();
    let (mut set, mut get) = (String::new(), String::new());
    for port in ports.iter().filter(|port| Some(&*port.name) != clock) {
        match port.direction {
            Direction::Input => set += &copy_in(port),
            Direction::Output => get += &copy_out(port),
        }
    }
    let (mut fall, mut rise) = (String::new(), String::new());
    if let Some(clock) = clock {
        fall = format!("    top->{clock} = 0;\n");
        rise = format!("        instance->top->{clock} = 1;\n        instance->top->eval();\n");
    }
    let coverage = if coverage { WRITE_COVERAGE } else { "" };
    format!(
        r#"{includes}
#include <cstdio>
#include <memory>
#include <new>
#include <stdexcept>

namespace {{
struct Instance {{
    VerilatedContext context;
    std::unique_ptr<Vsim> top;
    char stopped[1024] = {{}};
}};
[[noreturn]] void stop(const char* what, const char* file, int line, const char* message) {{
    char text[1000];
    std::snprintf(text, sizeof text, "%s at %s:%d %s", what, file, line, message);
    throw std::runtime_error(text);
}}
}}

void vl_finish(const char* file, int line, const char*) {{ stop("$finish", file, line, ""); }}
void vl_stop(const char* file, int line, const char*) {{ stop("$stop or a failed assertion", file, line, ""); }}
void vl_fatal(const char* file, int line, const char*, const char* message) {{ stop("error", file, line, message); }}

#define API extern "C" __attribute__((visibility("default")))

API void* sim_new(uint32_t seed) {{
    try {{
        auto instance = std::make_unique<Instance>();
        instance->context.randReset(2);
        // Verilator takes 0 for a seed of its own choice.
        const int positive = static_cast<int>(seed & 0x7fffffff);
        instance->context.randSeed(positive ? positive : 1);
        Verilated::threadContextp(&instance->context);
        instance->top = std::make_unique<Vsim>(&instance->context, "top");
        return instance.release();
    }} catch (const std::exception& error) {{
        // An instance without a module, which tells at its first clock why it has none.
        auto* const failed = new (std::nothrow) Instance;
        if (failed) std::snprintf(failed->stopped, sizeof failed->stopped, "%s", error.what());
        return failed;
    }}
}}

API void sim_delete(void* pointer) {{
    auto* const instance = static_cast<Instance*>(pointer);
    Verilated::threadContextp(&instance->context);
    delete instance;
}}

static inline void look(Vsim* top, const uint32_t* in, uint32_t* out) {{
    (void)in;
    (void)out;
{set}{fall}    top->eval();
{get}}}

template <typename Work>
static inline const char* guarded(void* pointer, Work work) {{
    auto* const instance = static_cast<Instance*>(pointer);
    if (!instance->top) return instance->stopped;
    Verilated::threadContextp(&instance->context);
    try {{
        work(instance);
        return nullptr;
    }} catch (const std::exception& error) {{
        std::snprintf(instance->stopped, sizeof instance->stopped, "%s", error.what());
        return instance->stopped;
    }}
}}

API const char* sim_eval(void* pointer, const uint32_t* in, uint32_t* out) {{
    return guarded(pointer, [&](Instance* instance) {{ look(instance->top.get(), in, out); }});
}}

API const char* sim_clock(void* pointer, const uint32_t* in, uint32_t* out) {{
    return guarded(pointer, [&](Instance* instance) {{
        look(instance->top.get(), in, out);
        instance->context.timeInc(1);
{rise}    }});
}}
{coverage}"#
    )
}

/// The fifth function, where there is coverage to write.
const WRITE_COVERAGE: &str = r#"
API const char* sim_coverage(void* pointer, const char* path) {
    auto* const instance = static_cast<Instance*>(pointer);
    if (!instance->top) return instance->stopped;
    Verilated::threadContextp(&instance->context);
    try {
        instance->context.coveragep()->write(path);
        return nullptr;
    } catch (const std::exception& error) {
        std::snprintf(instance->stopped, sizeof instance->stopped, "%s", error.what());
        return instance->stopped;
    }
}
"#;

/// Copies an input and masks its value: Verilator relies on unused high bits being zero.
fn copy_in(port: &Port) -> String {
    let Port { name, width, .. } = port;
    let mask = if width % 32 == 0 { u32::MAX } else { (1 << (width % 32)) - 1 };
    match port.words() {
        1 => format!("    top->{name} = *in++ & {mask:#x}u;\n"),
        2 => {
            format!("    top->{name} = in[0] | (static_cast<uint64_t>(in[1] & {mask:#x}u) << 32); in += 2;\n")
        }
        words => {
            let last = words - 1;
            let low: String = (0..last).map(|i| format!("top->{name}[{i}] = in[{i}]; ")).collect();
            format!("    {low}top->{name}[{last}] = in[{last}] & {mask:#x}u; in += {words};\n")
        }
    }
}

fn copy_out(port: &Port) -> String {
    let name = &port.name;
    match port.words() {
        1 => format!("    *out++ = top->{name};\n"),
        2 => format!(
            "    *out++ = static_cast<uint32_t>(top->{name}); *out++ = static_cast<uint32_t>(top->{name} >> 32);\n"
        ),
        words => {
            let all: String = (0..words).map(|i| format!("*out++ = top->{name}[{i}]; ")).collect();
            format!("    {all}\n")
        }
    }
}
