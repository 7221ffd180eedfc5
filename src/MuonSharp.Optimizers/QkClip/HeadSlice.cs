namespace MuonSharp.Optimizers;

/// <summary>Where the outputs of each head lie along the fan-out of one parameter: a projection's weight, its bias, or a QK-norm's gain.</summary>
/// <remarks>Head h has the outputs <c>First + h·Stride</c> to <c>First + h·Stride + Length</c>. In latent attention a head's two parts
/// alternate along one weight: then the stride is larger than the length.</remarks>
/// <param name="Parameter">The parameter. Its layout says which axis is the fan-out; a vector is all fan-out.</param>
/// <param name="Side">What the outputs are in the logit.</param>
/// <param name="First">The first output of head 0.</param>
/// <param name="Length">Outputs of a head, at least 1.</param>
/// <param name="Stride">Outputs from one head's first to the next one's, at least <paramref name="Length"/>.</param>
public sealed record HeadSlice(Parameter Parameter, HeadSide Side, int First, int Length, int Stride)
{
    /// <summary>The heads of one part of a layout, for the weight that has the layout or for the bias beside it.</summary>
    /// <param name="parameter">The weight or the bias.</param>
    /// <param name="layout">The weight's layout.</param>
    /// <param name="part">A part that has heads, such as <c>query</c>.</param>
    /// <param name="side">What the outputs are in the logit.</param>
    /// <exception cref="ArgumentException">The layout has no such part, or the part has no heads.</exception>
    public static HeadSlice OfPart(Parameter parameter, MatrixLayout layout, string part, HeadSide side)
    {
        HeadRange first = layout.Head(part, 0);
        return new HeadSlice(parameter, side, first.Start, first.Length, first.Length);
    }

    private bool IsVector => Parameter.Shape.Length == 1;

    private bool OutputsAreRows => IsVector || Parameter.Layout is not { Orientation: MatrixOrientation.InOut };

    private int Columns => Parameter.Length / Parameter.Shape[0];

    internal void Check(string layer, int heads)
    {
        int fanOut = OutputsAreRows ? Parameter.Shape[0] : Columns;
        if (First < 0 || Length < 1 || Stride < Length || First + ((heads - 1L) * Stride) + Length > fanOut)
        {
            throw new ArgumentException($"[attention heads] {heads} heads lie apart inside the fan-out of {fanOut} of '{Parameter.Name}'; "
                + $"layer '{layer}' has first {First}, length {Length}, stride {Stride}");
        }
    }

    /// <summary>Multiplies the weights of one head's outputs.</summary>
    internal unsafe void Scale(int head, float factor)
    {
        int first = First + (head * Stride);
        float* weights = Parameter.Weights.Address;
        var operation = new ScaleOperator(factor);
        if (OutputsAreRows)
        {
            float* block = weights + ((nint)first * Columns);
            Numerics.Elementwise.Map(null, block, block, (long)Length * Columns, operation);
            return;
        }

        for (int row = 0; row < Parameter.Shape[0]; row++)
        {
            float* block = weights + ((nint)row * Columns) + first;
            Numerics.Elementwise.Map(null, block, block, Length, operation);
        }
    }
}
