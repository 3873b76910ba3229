//! The stack notation: `"lhs:t rhs:t -> t"` and the type expressions in it.
//!
//! Knows the grammar and nothing of what the names mean; `types` resolves them.
//!
//! ```text
//! effect  = item* "->" ( item* | "!" )
//! item    = [ name ":" ] type
//! type    = name [ "(" arg { "," arg } ")" ]
//! arg     = [ nullability ] type
//! nullability = "null" | name
//! name    = a small letter, then small letters, digits and `_`; as an argument also a number
//! ```

use crate::diag::Span;

/// What an instruction pops and pushes, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What it pops, deepest first.
    pub pops: Vec<Item>,
    /// What it pushes, deepest first.
    pub pushes: Vec<Item>,
    /// Whether control never reaches the next instruction (`!`).
    pub diverges: bool,
}

/// One operand or result, or a sequence of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The operand's name, where it has one.
    pub name: Option<String>,
    /// Its type.
    pub ty: TypeExpr,
    /// Where it stands in the table.
    pub span: Span,
}

/// A type expression: a name, perhaps with arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeExpr {
    /// The name before the parentheses.
    pub name: String,
    /// What stands before it: `null` as in `ref(null ht)`, or a variable as in `ref(n extern)`.
    pub nullability: Option<String>,
    /// What the parentheses hold.
    pub args: Vec<TypeExpr>,
    /// Where it stands in the table.
    pub span: Span,
}

/// A mistake in the notation, with its place in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The place.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}

impl Effect {
    /// Parses `text`, whose first byte stands at `start` of the table.
    ///
    /// # Errors
    /// The first mistake in the notation.
    pub fn parse(text: &str, start: usize) -> Result<Self, SyntaxError> {
        let mut parser = Parser::new(text, start);
        let pops = parser.items()?;
        parser.expect("->")?;
        let diverges = parser.take("!");
        let pushes = if diverges { Vec::new() } else { parser.items()? };
        parser.finish()?;
        Ok(Self { pops, pushes, diverges })
    }
}

impl TypeExpr {
    /// Parses one type expression that fills `text`, whose first byte stands at `start` of the table.
    ///
    /// # Errors
    /// The first mistake in the notation.
    pub fn parse(text: &str, start: usize) -> Result<Self, SyntaxError> {
        let mut parser = Parser::new(text, start);
        let ty = parser.type_expr(None)?;
        parser.finish()?;
        Ok(ty)
    }

    /// Parses `name: type`, the form of an immediate.
    ///
    /// # Errors
    /// The first mistake in the notation.
    pub fn parse_named(text: &str, start: usize) -> Result<Item, SyntaxError> {
        let mut parser = Parser::new(text, start);
        let item = parser.item()?;
        parser.finish()?;
        if item.name.is_none() {
            return Err(SyntaxError { span: item.span, message: "an immediate has the form `name: kind`".into() });
        }
        Ok(item)
    }
}

struct Parser<'t> {
    tokens: Vec<(&'t str, Span)>,
    at: usize,
    end: Span,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        let end = start + text.len()..start + text.len();
        Self { tokens: tokens(text, start), at: 0, end }
    }

    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or_else(|| self.end.clone(), |(_, span)| span.clone())
    }

    fn next_is(&self, is: impl Fn(&str) -> bool) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|(token, _)| is(token))
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn error<T>(&self, expected: &str) -> Result<T, SyntaxError> {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |token| format!("`{token}`"));
        Err(SyntaxError { span: self.span(), message: format!("expected {expected}, found {found}") })
    }

    fn expect(&mut self, token: &str) -> Result<(), SyntaxError> {
        if self.take(token) { Ok(()) } else { self.error(&format!("`{token}`")) }
    }

    fn finish(&self) -> Result<(), SyntaxError> {
        if self.at == self.tokens.len() { Ok(()) } else { self.error("the end") }
    }

    fn name(&mut self) -> Result<String, SyntaxError> {
        match self.peek() {
            Some(token) if is_name(token) => {
                self.at += 1;
                Ok(token.to_owned())
            }
            _ => self.error("a name"),
        }
    }

    fn items(&mut self) -> Result<Vec<Item>, SyntaxError> {
        let mut items = Vec::new();
        while self.peek().is_some_and(is_name) {
            items.push(self.item()?);
        }
        Ok(items)
    }

    fn item(&mut self) -> Result<Item, SyntaxError> {
        let start = self.span().start;
        let name = if self.next_is(|token| token == ":") {
            let name = self.name()?;
            if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                let message = format!("a name begins with a small letter, and `{name}` does not");
                return Err(SyntaxError { span: self.tokens[self.at - 1].1.clone(), message });
            }
            self.at += 1;
            Some(name)
        } else {
            None
        };
        let ty = self.type_expr(None)?;
        let span = start..ty.span.end;
        Ok(Item { name, ty, span })
    }

    fn type_expr(&mut self, nullability: Option<String>) -> Result<TypeExpr, SyntaxError> {
        let start = self.span().start;
        let name = self.name()?;
        let mut args = Vec::new();
        if self.take("(") {
            loop {
                let has_nullability = self.peek() == Some("null") || self.next_is(is_name);
                let nullability = if has_nullability { Some(self.name()?) } else { None };
                args.push(self.type_expr(nullability)?);
                if !self.take(",") {
                    break;
                }
            }
            if self.peek() != Some(")") {
                return self.error("`,` or `)`");
            }
            self.at += 1;
        }
        let end = self.tokens.get(self.at.wrapping_sub(1)).map_or(start, |(_, span)| span.end);
        Ok(TypeExpr { name, nullability, args, span: start..end })
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| is_of_name(c))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

fn tokens(text: &str, start: usize) -> Vec<(&str, Span)> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_whitespace() {
            rest.len() - rest.trim_start().len()
        } else if is_name(rest) {
            rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("->") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !first.is_whitespace() {
            let at = start + text.len() - rest.len();
            tokens.push((token, at..at + length));
        }
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(items: &[Item]) -> Vec<(Option<&str>, &str)> {
        items.iter().map(|item| (item.name.as_deref(), item.ty.name.as_str())).collect()
    }

    #[test]
    fn operands_have_names_and_types() {
        let effect = Effect::parse("lhs:t rhs:i32 -> t", 0).unwrap();
        assert_eq!(names(&effect.pops), [(Some("lhs"), "t"), (Some("rhs"), "i32")]);
        assert_eq!(names(&effect.pushes), [(None, "t")]);
        assert!(!effect.diverges);
    }

    #[test]
    fn types_take_arguments_and_null() {
        let effect = Effect::parse("value:ref(null ht) len:addr_min(d, s) -> !", 10).unwrap();
        assert!(effect.diverges);
        let reference = &effect.pops[0].ty;
        assert_eq!(reference.args[0].nullability.as_deref(), Some("null"));
        assert_eq!(reference.span, 16..28);
        assert_eq!(effect.pops[1].ty.args.len(), 2);
    }

    #[test]
    fn mistakes_name_what_was_expected() {
        for (text, message) in [
            ("", "expected `->`, found the end"),
            ("a b", "expected `->`, found the end"),
            ("-> ! i32", "expected the end, found `i32`"),
            ("a: -> b", "expected a name, found `->`"),
            ("x:addr( -> y", "expected a name, found `->`"),
            ("x:addr(m -> y", "expected `,` or `)`, found `->`"),
            ("§ ->", "expected `->`, found `§`"),
        ] {
            assert_eq!(Effect::parse(text, 0).unwrap_err().message, message, "{text:?}");
        }
    }
}
