using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The stages of <see cref="Muon"/>, each usable alone: what another variant is composed of.</summary>
/// <remarks>
/// <para>A stage works on one matrix of a parameter (<see cref="Parameter.Matrices"/>). Tensors are given whole, as they are stored; a direction and a result are
/// the matrix alone, without gaps. Muon's step is Momentum, Orthogonalize, NormalizeRows where asked for, Apply; with the same numbers the bits are Muon's.</para>
/// <para>Every stage gives the same bits for any team. None allocates.</para>
/// </remarks>
public static unsafe class MuonStages
{
    /// <summary>m &lt;- keep·m + gain·s·g;  u = fromMomentum·m + fromGradient·s·g.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="gradient">The tensor of gradients; empty: zeros.</param>
    /// <param name="gradientScale">s: what clipping multiplies gradients with, else 1.</param>
    /// <param name="coefficients">The factors, as a <see cref="MomentumForm"/> gives them.</param>
    /// <param name="momentum">The tensor of momenta, updated.</param>
    /// <param name="direction">u: as many floats as the matrix has, written.</param>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <exception cref="ArgumentException">A block is too short for the matrix.</exception>
    public static void Momentum(
        in MatrixSlice matrix, MemoryBlock gradient, float gradientScale, in MomentumCoefficients coefficients, MemoryBlock momentum, MemoryBlock direction, WorkerTeam? team = null)
    {
        Require("momentum", matrix, gradient.IsEmpty ? momentum : gradient, momentum);
        RequireDense("momentum", matrix, direction);
        MomentumStage.Run(team, matrix, gradient.IsEmpty ? null : gradient.Address, gradientScale, coefficients, momentum.Address, Dense(matrix, direction));
    }

    /// <summary>X = the polar factor of u, or nearly.</summary>
    /// <param name="orthogonalizer">How.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="direction">u, finite, on a cache line; destroyed.</param>
    /// <param name="result">X, on a cache line, written.</param>
    /// <param name="scratch">At least <see cref="IOrthogonalizer.ScratchLength"/> floats, on a cache line.</param>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="ArgumentException">A block is too short, or does not begin on a cache line (64 bytes).</exception>
    public static OrthogonalizationOutcome Orthogonalize(
        IOrthogonalizer orthogonalizer, in MatrixSlice matrix, MemoryBlock direction, MemoryBlock result, MemoryBlock scratch, WorkerTeam? team = null)
    {
        RequireDense("orthogonalize", matrix, direction);
        RequireDense("orthogonalize", matrix, result);
        long needed = orthogonalizer.ScratchLength(matrix.Rows, matrix.Columns);
        if (scratch.Length < needed || ((nint)direction.Address | (nint)result.Address | (nint)scratch.Address) % NativeBuffer.Alignment != 0)
        {
            throw new ArgumentException($"[orthogonalize] blocks begin on a cache line of {NativeBuffer.Alignment} bytes and scratch has {needed} floats or more; scratch {scratch.Length}");
        }

        return orthogonalizer.Orthogonalize(team, Dense(matrix, direction), Dense(matrix, result), scratch.Address);
    }

    /// <summary>Divides each output by a running root mean square of its own, as <see cref="RowNormalization"/> says.</summary>
    /// <param name="matrix">The matrix; says whether its outputs are rows or columns.</param>
    /// <param name="values">The matrix without gaps: a direction, an orthogonal result, a gradient; changed.</param>
    /// <param name="meanSquares">The state: one float an output of this matrix, zero at first.</param>
    /// <param name="options">Decay and epsilon.</param>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <returns>What the values are to be multiplied with to have their old Frobenius norm: a factor of the learning rate.</returns>
    /// <exception cref="ArgumentException">A block is too short.</exception>
    public static double NormalizeRows(in MatrixSlice matrix, MemoryBlock values, MemoryBlock meanSquares, RowNormalization options, WorkerTeam? team = null)
    {
        RequireDense("normalize rows", matrix, values);
        return meanSquares.Length >= matrix.FanOut
            ? RowNormalizationStage.Run(team, matrix, Dense(matrix, values), meanSquares.Address, options)
            : throw new ArgumentException($"[normalize rows] there is one mean square for each of {matrix.FanOut} outputs; {meanSquares.Length} came");
    }

    /// <summary>p &lt;- p - (rate·X + decay·p), each weight rounded once.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="weights">The tensor of weights, updated.</param>
    /// <param name="result">X, as many floats as the matrix has.</param>
    /// <param name="rate">Learning rate times the factor by shape (<see cref="UpdateScale"/>).</param>
    /// <param name="decay">Learning rate times weight decay.</param>
    /// <param name="team">Workers; null: the calling thread.</param>
    /// <returns>The sum of the squared changes, for <see cref="ParameterSlot.ReportChange(double)"/>.</returns>
    /// <exception cref="ArgumentException">A block is too short for the matrix.</exception>
    public static double Apply(in MatrixSlice matrix, MemoryBlock weights, MemoryBlock result, double rate, double decay, WorkerTeam? team = null)
    {
        Require("apply", matrix, weights, weights);
        RequireDense("apply", matrix, result);
        return ApplyStage.Run(team, matrix, weights.Address, Dense(matrix, result), rate, decay);
    }

    private static Matrix Dense(in MatrixSlice matrix, MemoryBlock block) => Matrix.Dense(block.Address, matrix.Rows, matrix.Columns);

    private static void Require(string stage, in MatrixSlice matrix, MemoryBlock one, MemoryBlock other)
    {
        long end = matrix.Offset + ((matrix.Rows - 1L) * matrix.RowStride) + matrix.Columns;
        if (Math.Min(one.Length, other.Length) < end)
        {
            throw new ArgumentException($"[{stage}] the tensor holds the matrix, which ends at element {end}; a tensor of {Math.Min(one.Length, other.Length)} came");
        }
    }

    private static void RequireDense(string stage, in MatrixSlice matrix, MemoryBlock block)
    {
        if (block.Length < matrix.Length)
        {
            throw new ArgumentException($"[{stage}] a matrix of {matrix.Rows} x {matrix.Columns} has {matrix.Length} floats; {block.Length} came");
        }
    }
}
