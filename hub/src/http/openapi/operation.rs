//! One operation of the document, said in a few words.

use super::shapes::reference;
use serde_json::{Value, json};

/// Refusals of everything that looks at a token.
const READING: [&str; 5] = ["400", "401", "403", "429", "503"];

pub struct Operation(Value);

impl Operation {
    /// Needs no permission.
    pub fn open(summary: &str) -> Self {
        Self(json!({ "summary": summary, "responses": {}, "security": [] }))
    }

    /// Needs permission to read.
    pub fn reads(summary: &str) -> Self {
        let mut operation = json!({ "summary": summary, "responses": {} });
        operation["description"] = "Role: viewer".into();
        Self(operation).fails(&READING)
    }

    /// Changes something, for a token of this role.
    pub fn writes(summary: &str, role: &str) -> Self {
        let mut operation = json!({ "summary": summary, "responses": {}, "security": [{ "token": [] }] });
        operation["description"] = format!("Role: {role}. Audited.").into();
        Self(operation).fails(&READING)
    }

    /// Needs permission to read what is not for viewers.
    pub fn reads_for(summary: &str, role: &str) -> Self {
        let mut operation = json!({ "summary": summary, "responses": {}, "security": [{ "token": [] }] });
        operation["description"] = format!("Role: {role}.").into();
        Self(operation).fails(&READING)
    }

    /// The same as JSON of this schema.
    pub fn answers_json(self, status: &str, schema: Value) -> Self {
        self.answers(status, "application/json", schema)
    }

    pub fn answers(mut self, status: &str, content_type: &str, schema: Value) -> Self {
        let response = &mut self.0["responses"][status];
        response["description"] = if status == "503" { "Some part is failing" } else { "OK" }.into();
        response["content"][content_type] = json!({ "schema": schema });
        self
    }

    pub fn answers_nothing(mut self) -> Self {
        self.0["responses"]["204"] = json!({ "description": "Done" });
        self
    }

    pub fn fails(mut self, statuses: &[&str]) -> Self {
        for status in statuses {
            let kind = if matches!(*status, "429" | "503") { "wait" } else { "problem" };
            self.0["responses"][status] = json!({ "$ref": format!("#/components/responses/{kind}") });
        }
        self
    }

    pub fn parameters(mut self, parameters: &[Value]) -> Self {
        self.0["parameters"] = parameters.into();
        self
    }

    /// Takes a body of this schema.
    pub fn takes(mut self, schema: &str) -> Self {
        let content = json!({ "application/json": { "schema": reference(schema) } });
        self.0["requestBody"] = json!({ "required": true, "content": content });
        self.fails(&["413", "415"])
    }

    /// Takes a body of this schema, or none.
    pub fn may_take(self, schema: &str) -> Self {
        let mut operation = self.takes(schema);
        operation.0["requestBody"]["required"] = false.into();
        operation
    }

    pub fn into_value(self) -> Value {
        self.0
    }
}
