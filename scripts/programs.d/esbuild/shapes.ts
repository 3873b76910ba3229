export interface Shape {
    readonly name: string;
    area(): number;
}

export class Circle implements Shape {
    readonly name = "circle";
    constructor(private radius: number) {}
    area(): number {
        return Math.PI * this.radius ** 2;
    }
}

export function describe({ name, ...shape }: Shape): string {
    return `${name}: ${shape.area?.().toFixed(2)}`;
}

/** Nobody imports this, so it is not in the bundle. */
export function forgotten(): string {
    return "should not be there";
}
