//! The notation can say what comes: `future.toml` has the hardest rows of proposals that no engine here knows yet.

mod common;

use tablature_codegen::diag::Source;
use tablature_codegen::model::{Flow, Heap, ImmKind, Model, Nullability, Number, Type};
use tablature_codegen::{generate, load};

const FILE: &str = "codegen/tests/future.toml";

fn source() -> Source {
    Source { path: FILE.into(), text: common::read(FILE) }
}

fn model() -> Model {
    load(&source()).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn the_rows_are_sound() {
    let model = model();
    assert_eq!(model.ops.len(), model.ops.iter().map(|op| &op.id).collect::<std::collections::BTreeSet<_>>().len());
    let op = |id: &str| model.op(id).unwrap_or_else(|| panic!("no {id}"));

    let convert = op("any.convert_extern");
    let variable = Nullability::Variable("n".into());
    assert_eq!(convert.pops[0].ty, Type::Ref(variable.clone(), Heap::Abstract("extern".into())));
    assert_eq!(convert.pushes, [Type::Ref(variable, Heap::Abstract("any".into()))]);

    let as_non_null = op("ref.as_non_null");
    assert_eq!(as_non_null.pops[0].ty, Type::Ref(Nullability::Null, Heap::Variable("h".into())));
    assert_eq!(as_non_null.pushes, [Type::Ref(Nullability::NonNull, Heap::Variable("h".into()))]);

    let cast = op("br_on_cast");
    assert_eq!(cast.pops[1].ty, Type::Source("flags".into(), "from".into()));
    assert_eq!(cast.pushes[1], Type::Diff("flags".into(), "from".into(), "to".into()));

    assert!(matches!(&op("array.new_fixed").pops[0].ty, Type::Repeat(count, _) if count == "n"));
    assert_eq!(op("struct.get").pushes, [Type::Field("ty".into(), "f".into())]);
    assert_eq!(op("i8x16.shuffle").imms[0].kind, ImmKind::Lanes(32));
    assert_eq!(op("v128.const").imms[0].kind, ImmKind::Const(Number::V128));
    assert_eq!(op("i32.atomic.rmw.cmpxchg").imms[0].kind, ImmKind::ExactMemArg);
    assert_eq!(op("memory.atomic.wait32").flow, Flow::Need);
    assert_eq!((op("resume").flow, op("suspend").flow), (Flow::Switch, Flow::Switch));
}

#[test]
fn what_is_written_by_hand_is_the_exception() {
    let model = model();
    let allowed = [
        "br_on_null",
        "br_on_non_null",
        "call_ref",
        "br_on_cast",
        "br_on_cast_fail",
        "struct.new",
        "array.new_fixed",
        "array.copy",
        "array.init_elem",
        "throw",
        "throw_ref",
        "try_table",
        "try",
        "catch",
        "catch_all",
        "rethrow",
        "delegate",
        "memory.atomic.wait32",
        "resume",
        "suspend",
    ];
    for op in model.ops.iter().filter(|op| op.is_hand_written()) {
        assert!(allowed.contains(&op.id.as_str()), "{} is written by hand", op.id);
    }
}

#[test]
fn the_generator_refuses_them_clearly() {
    let report = generate(&source(), &Source::default(), 0, &Source::default(), |_| true)
        .expect_err("nothing can be generated from this yet")
        .to_string();
    for part in [
        "for `throw` yet: it has the flow `throw`",
        "for `resume` yet: it has the flow `switch`",
        "for `try_table` yet: it has the immediate `catches: vec(catch)`",
        "for `i32.atomic.rmw.cmpxchg` yet: it has the immediate `m: memarg(exact)`",
        "for `any.convert_extern` yet: it has `ref(n extern)` on the stack",
        "for `struct.new` yet: it has the immediate `ty: typeidx(struct)`",
        "for `i64.add128` yet: it has several results",
    ] {
        assert!(report.contains(part), "no {part:?} in:\n{report}");
    }
    assert!(report.lines().all(|line| line.starts_with("codegen/tests/future.toml:")), "{report}");
}
