import { Circle, describe, type Shape } from "./shapes";
import { version } from "./data.json";

const shapes: Shape[] = [new Circle(1), new Circle(2.5), { name: "square", area: () => 4 }];

enum Level {
    Quiet,
    Loud = Quiet + 2,
}

const element = (tag: string, attributes: object | null, ...children: string[]) =>
    `<${tag} ${JSON.stringify(attributes)}>${children.join("")}</${tag}>`;

for (const shape of shapes) {
    console.log(<p class={shape.name}>{describe(shape)}</p>);
}
console.log(version?.major ?? "none", Level.Loud);
