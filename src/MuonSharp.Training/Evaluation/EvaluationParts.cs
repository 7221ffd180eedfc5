namespace MuonSharp.Training;

/// <summary>An evaluation in parts, such as the batches of the held-out data: ranks that train together compute some each, and put the numbers of all together as one process does.</summary>
/// <remarks>A part does not depend on who computes it or on what was computed before. Memory: 8 bytes for each number of each part.</remarks>
/// <param name="count">Number of parts, 0 or more; the same on all ranks.</param>
/// <param name="numbersOfPart">Numbers that a part leaves: sums, counts, logits.</param>
/// <param name="compute">Computes a part.</param>
/// <param name="combine">Makes the evaluation of the numbers of all parts, shape [count, numbersOfPart].</param>
public sealed class EvaluationParts(int count, int numbersOfPart, ComputeEvaluationPart compute, Func<ReadOnlySpan<double>, Evaluation> combine)
{
    /// <summary>Number of parts.</summary>
    public int Count => count;

    /// <summary>Computes all parts here.</summary>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public Evaluation Measure(CancellationToken cancellation)
    {
        double[] numbers = NewNumbers();
        Compute(0, count, numbers, cancellation);
        return combine(numbers);
    }

    /// <summary>Zeros for the numbers of all parts.</summary>
    internal double[] NewNumbers() => new double[checked(count * numbersOfPart)];

    /// <summary>Computes the parts from one to before another.</summary>
    internal void Compute(int first, int end, double[] numbers, CancellationToken cancellation)
    {
        for (int part = first; part < end; part++)
        {
            cancellation.ThrowIfCancellationRequested();
            compute(part, numbers.AsSpan(part * numbersOfPart, numbersOfPart), cancellation);
        }
    }

    /// <summary>The evaluation, once the numbers of all parts are there.</summary>
    internal Evaluation Combine(ReadOnlySpan<double> numbers) => combine(numbers);
}

/// <summary>Computes a part of an evaluation.</summary>
/// <param name="part">Its number, from 0.</param>
/// <param name="numbers">Where its numbers go; zeros before.</param>
/// <param name="cancellation">Asks to stop; to be looked at every second at least. It has been before the part.</param>
public delegate void ComputeEvaluationPart(int part, Span<double> numbers, CancellationToken cancellation);
