import { render } from "preact";
// First: what a page says of its own comes behind it.
import "./style/base.css";
import { App } from "./app";

render(<App />, document.getElementById("app")!);
