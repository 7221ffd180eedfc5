namespace MuonSharp.Nn;

/// <summary>What an operation touches in a run, as spans: for operations written without pointers.</summary>
public static unsafe class TapeRunSpans
{
    /// <summary>A tensor's value, row by row.</summary>
    /// <param name="run">The run that the operation takes part in.</param>
    /// <param name="tensor">A tensor that the operation declared for this run; another one's memory may be somebody else's.</param>
    /// <returns>Its elements.</returns>
    public static Span<float> Value(this in TapeRun run, Tensor tensor)
    {
        _ = run;
        return View(tensor, tensor.Data);
    }

    /// <summary>The gradient that arrives at an output, row by row.</summary>
    /// <param name="run">The backward run that the operation takes part in.</param>
    /// <param name="output">An output of the operation.</param>
    /// <returns>Its elements; the operation may overwrite them.</returns>
    public static Span<float> Gradient(this in TapeRun run, Tensor output)
    {
        _ = run;
        return View(output, output.GradientData);
    }

    private static Span<float> View(Tensor tensor, float* address) => address is null
        ? throw new InvalidOperationException($"[tensor] an operation reads and writes what it declared for the run; {tensor} has no memory")
        : new Span<float>(address, checked((int)tensor.Length));
}
