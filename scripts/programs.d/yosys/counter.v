// Counts up or down, and says when it turns over.
module counter #(parameter WIDTH = 4) (
    input clk, input reset, input up,
    output reg [WIDTH-1:0] value,
    output turned
);
    wire [WIDTH-1:0] last = up ? {WIDTH{1'b1}} : {WIDTH{1'b0}};
    assign turned = value == last;
    always @(posedge clk)
        if (reset)
            value <= 0;
        else
            value <= up ? value + 1 : value - 1;
endmodule
