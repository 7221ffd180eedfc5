using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Replaces a matrix U S Vᵀ by (nearly) its polar factor U Vᵀ.</summary>
/// <remarks>An orthogonalizer holds no memory and no state, so one instance serves any number of threads; the caller brings the scratch.
/// The result does not depend on the team.</remarks>
public unsafe interface IOrthogonalizer
{
    /// <summary>The name in configurations, such as <c>newton-schulz/jordan5</c>.</summary>
    string Name { get; }

    /// <summary>Floats of scratch that a matrix of that shape needs.</summary>
    /// <param name="rows">Rows as stored.</param>
    /// <param name="columns">Columns as stored.</param>
    long ScratchLength(int rows, int columns);

    /// <summary>Multiply-adds of the matrix products that a regular call makes, two operations each.</summary>
    /// <remarks>A product of which one triangle is computed counts half.</remarks>
    /// <param name="rows">Rows as stored.</param>
    /// <param name="columns">Columns as stored.</param>
    double Flops(int rows, int columns);

    /// <summary>Writes the polar factor.</summary>
    /// <param name="team">Workers that share one large matrix; null: everything runs on the calling thread.</param>
    /// <param name="input">Finite, row-major without gaps, 64-byte aligned; destroyed.</param>
    /// <param name="output">The same shape, without gaps, apart from the input.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats, aligned to 64 bytes.</param>
    /// <returns>How it went; the optimizer counts everything but <see cref="OrthogonalizationOutcome.Regular"/> in its report.</returns>
    OrthogonalizationOutcome Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch);
}

/// <summary>How an orthogonalizer came to its result.</summary>
public enum OrthogonalizationOutcome
{
    /// <summary>By its method.</summary>
    Regular,

    /// <summary>By its method with a larger smallest pole, because a Cholesky pivot was not positive.</summary>
    PoleRaised,

    /// <summary>By the Gram form of Newton-Schulz, because the larger pole did not help either.</summary>
    FallBack,
}
