//! `/docs`: the OpenAPI document as a page for people, made once at the start.
//!
//! Promises: it needs no script and loads nothing; everything that comes out of the document is
//! escaped; every error code can be linked to as `/docs#<code>`, which is where problems point.

use std::fmt::Write;

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::codes::Code;

const STYLE: &str = include_str!("reference.css");

/// The page's content security policy: nothing but its own style sheet.
pub fn policy() -> HeaderValue {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// A page being written. Writing to a string cannot fail.
struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn line(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.0.write_fmt(arguments).expect("a string takes everything");
        self.0.push('\n');
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// Text with `code` in backticks, escaped.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (place, part) in text.split('`').enumerate() {
        let part = escaped(part);
        if place % 2 == 1 {
            html.push_str("<code>");
            html.push_str(&part);
            html.push_str("</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

fn paragraphs(text: &str) -> String {
    let parts = text.split("\n\n").filter(|part| !part.is_empty());
    parts.fold(String::new(), |html, part| html + "<p>" + &inline(part) + "</p>\n")
}

/// The page of a document.
pub fn page(document: &Value) -> String {
    let mut page = Page(String::with_capacity(256 * 1024));
    page.raw("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.line(format_args!("<title>{} API</title>", escaped(text(&document["info"]["title"]))));
    page.line(format_args!("<style>{STYLE}</style>\n</head>\n<body>"));
    contents(&mut page, document);
    page.raw("<main>\n");
    page.line(format_args!(
        "<h1>{} API <small>{}</small></h1>",
        escaped(text(&document["info"]["title"])),
        escaped(text(&document["info"]["version"]))
    ));
    page.raw(&paragraphs(text(&document["info"]["description"])));
    page.raw("<p>The same for machines: <a href=\"/openapi.json\">/openapi.json</a>.</p>\n");
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        page.line(format_args!("<h2 id=\"{0}\">{0}</h2>", escaped(name)));
        page.raw(&paragraphs(text(&tag["description"])));
        for (path, verb, operation) in operations(document, name) {
            operation_section(&mut page, document, path, &verb, operation);
        }
    }
    codes(&mut page);
    schemas(&mut page, document);
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The operations of a tag, in the order of the access table.
fn operations<'a>(document: &'a Value, tag: &str) -> Vec<(&'static str, String, &'a Value)> {
    let of = |rule: &'static super::access::Rule| {
        let verb = rule.method.as_str().to_ascii_lowercase();
        let operation = document["paths"][rule.path].get(&verb)?;
        (operation["tags"][0] == tag).then_some((rule.path, verb, operation))
    };
    super::access::RULES.iter().filter_map(of).collect()
}

fn contents(page: &mut Page, document: &Value) {
    page.raw("<nav aria-label=\"Contents\">\n<ul>\n");
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        page.line(format_args!("<li><a href=\"#{0}\">{0}</a>\n<ul>", escaped(name)));
        for (_, _, operation) in operations(document, name) {
            let id = escaped(text(&operation["operationId"]));
            page.line(format_args!(
                "<li><a href=\"#{id}\">{}</a></li>",
                escaped(text(&operation["summary"]))
            ));
        }
        page.raw("</ul>\n</li>\n");
    }
    page.raw("<li><a href=\"#codes\">Error codes</a></li>\n<li><a href=\"#schemas\">Objects</a></li>\n");
    page.raw("</ul>\n</nav>\n");
}

fn operation_section(page: &mut Page, document: &Value, path: &str, verb: &str, operation: &Value) {
    let id = escaped(text(&operation["operationId"]));
    page.line(format_args!("<section id=\"{id}\">\n<h3>{}</h3>", escaped(text(&operation["summary"]))));
    let verb = verb.to_ascii_uppercase();
    page.line(format_args!("<p class=\"call\"><b>{verb}</b> <code>{}</code></p>", escaped(path)));
    page.raw(&paragraphs(text(&operation["description"])));
    parameters(page, document, operation);
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        for (media, body) in content {
            page.line(format_args!(
                "<h4>Body</h4>\n<p><code>{}</code>: {}</p>",
                escaped(media),
                kind(&body["schema"])
            ));
            example(page, &body["example"]);
        }
    }
    page.raw("<h4>Answers</h4>\n<table>\n<tr><th>Status</th><th>What it means</th></tr>\n");
    let told = operation["responses"].as_object().into_iter().flatten();
    for (status, response) in told {
        let response = resolved(document, response);
        let mut about = inline(text(&response["description"]));
        for (media, body) in response["content"].as_object().into_iter().flatten() {
            if media != "application/problem+json" {
                let _ = write!(about, "<br><code>{}</code>: {}", escaped(media), kind(&body["schema"]));
            }
        }
        page.line(format_args!("<tr><td>{}</td><td>{about}</td></tr>", escaped(status)));
    }
    page.raw("</table>\n</section>\n");
}

fn parameters(page: &mut Page, document: &Value, operation: &Value) {
    let parameters = list(&operation["parameters"]);
    if parameters.is_empty() {
        return;
    }
    page.raw(
        "<h4>Parameters</h4>\n<table>\n<tr><th>Name</th><th>In</th><th>Value</th><th>Meaning</th></tr>\n",
    );
    for parameter in parameters {
        let parameter = resolved(document, parameter);
        let required = if parameter["required"] == true { " <em>required</em>" } else { "" };
        page.line(format_args!(
            "<tr><td><code>{}</code>{required}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(text(&parameter["name"])),
            escaped(text(&parameter["in"])),
            kind(&parameter["schema"]),
            inline(text(&parameter["description"]))
        ));
    }
    page.raw("</table>\n");
}

fn example(page: &mut Page, example: &Value) {
    if !example.is_null() {
        let pretty = serde_json::to_string_pretty(example).unwrap_or_default();
        page.line(format_args!("<pre>{}</pre>", escaped(&pretty)));
    }
}

/// What a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// A schema in a few words, with links to named ones.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        let choices = list(&schema[word]);
        if !choices.is_empty() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| format!("<code>{}</code>", escaped(text(value))));
        return values.collect::<Vec<_>>().join(", ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let words = types.into_iter().filter(|word| !word.is_empty()).map(|word| match word {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map of {}", kind(&schema["additionalProperties"]))
        }
        other => escaped(other),
    });
    let words = words.collect::<Vec<_>>().join(" or ");
    if words.is_empty() { "any".to_owned() } else { words }
}

fn codes(page: &mut Page) {
    page.raw("<h2 id=\"codes\">Error codes</h2>\n");
    page.raw("<table>\n<tr><th>Code</th><th>Status</th><th>What it means</th><th>What to do</th></tr>\n");
    for code in Code::ALL {
        let title = code.title();
        page.line(format_args!(
            "<tr id=\"{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}<br><span lang=\"ar\" dir=\"rtl\">{3}</span></td><td>{4}</td></tr>",
            code.name(),
            code.status().as_u16(),
            escaped(&title.en),
            escaped(&title.ar),
            inline(code.remedy())
        ));
    }
    page.raw("</table>\n");
}

fn schemas(page: &mut Page, document: &Value) {
    page.raw("<h2 id=\"schemas\">Objects</h2>\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escaped(name);
        page.line(format_args!("<section id=\"schema-{name}\">\n<h3>{name}</h3>"));
        page.raw(&paragraphs(text(&schema["description"])));
        fields(page, schema);
        for choice in list(&schema["oneOf"]) {
            page.raw(&paragraphs(text(&choice["description"])));
            fields(page, choice);
        }
        page.raw("</section>\n");
    }
}

fn fields(page: &mut Page, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else {
        page.line(format_args!("<p>{}</p>", kind(schema)));
        return;
    };
    page.raw("<table>\n<tr><th>Field</th><th>Value</th><th>Meaning</th></tr>\n");
    for (name, property) in properties {
        let required = list(&schema["required"]).iter().any(|known| known == name);
        let required = if required { "" } else { " <em>optional</em>" };
        page.line(format_args!(
            "<tr><td><code>{}</code>{required}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            kind(property),
            inline(text(&property["description"]))
        ));
    }
    page.raw("</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_and_every_code_can_be_linked_to() {
        let document = super::super::openapi("https://pay.example");
        let page = page(&document);
        for code in Code::ALL {
            assert!(page.contains(&format!("<tr id=\"{}\">", code.name())));
        }
        for loads in ["<script", "src=", "<link", "@import", "url(", "style=\"", "onclick"] {
            assert!(!page.contains(loads), "{loads}");
        }
        for part in page.split("href=\"#").skip(1) {
            let id = part.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{id}\"")), "#{id}");
        }
        assert!(policy().to_str().unwrap().contains("style-src 'sha256-"));
    }

    #[test]
    fn what_comes_from_the_document_is_escaped() {
        assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
        assert_eq!(paragraphs("a\n\nb"), "<p>a</p>\n<p>b</p>\n");
    }
}
