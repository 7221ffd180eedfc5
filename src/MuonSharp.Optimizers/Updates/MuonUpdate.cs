using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The update of <see cref="Muon"/> over tensors that another library owns: the same kernels on the same list of work, and nothing around them.</summary>
/// <remarks>Cost and bits are those of <see cref="Muon"/>. Scratch is allocated once, for the tensors at hand. See <see cref="TensorUpdate"/> for what is left to the caller.</remarks>
public sealed unsafe class MuonUpdate : IDisposable
{
    private readonly (TensorUpdate Tensor, MuonMatrix Matrix)[] _all;
    private readonly MuonPass _pass;
    private readonly WorkerTeam _team;

    /// <summary>An update of some tensors.</summary>
    /// <param name="tensors">The tensors; their options are <see cref="MuonOptions"/>.</param>
    /// <param name="team">The workers.</param>
    /// <exception cref="ArgumentException">A tensor has other options.</exception>
    public MuonUpdate(IReadOnlyList<TensorUpdate> tensors, WorkerTeam team)
    {
        _team = team;
        _all =
        [
            .. tensors.SelectMany(static tensor => tensor.Matrices.Select((slice, index) => (tensor, new MuonMatrix(
                tensor.Shape, slice, index, tensor.Options as MuonOptions ?? throw new ArgumentException($"[muon update] options are MuonOptions; '{tensor.Tensor.Name}' has {tensor.Options.GetType().Name}"))))),
        ];
        _pass = new MuonPass(_all.Select(static pair => pair.Matrix), team.Threads);
    }

    /// <summary>Updates weights and state of every active tensor in place.</summary>
    /// <param name="gradientScale">What every gradient is multiplied with, 1 without clipping.</param>
    /// <returns>What the orthogonalizers met.</returns>
    public OrthogonalizationCounts Run(float gradientScale = 1)
    {
        foreach ((TensorUpdate tensor, MuonMatrix matrix) in _all)
        {
            tensor.SquaredChange = 0;
            matrix.Operands = new MuonOperands(
                tensor.IsActive, tensor.Values, tensor.Count, tensor.Weights, tensor.Gradient, tensor.FirstState, tensor.SecondState);
        }

        _pass.Run(_team, gradientScale, clock: null);
        OrthogonalizationCounts counts = default;
        foreach ((TensorUpdate tensor, MuonMatrix matrix) in _all)
        {
            if (tensor.IsActive)
            {
                tensor.SquaredChange += matrix.Squares;
                counts = counts.With(matrix.Outcome);
            }
        }

        return counts;
    }

    /// <summary>Frees the scratch.</summary>
    public void Dispose() => _pass.Dispose();
}

/// <summary>How the orthogonalizations of a step went.</summary>
/// <param name="Matrices">Matrices that were orthogonalized.</param>
/// <param name="PolesRaised">Of these, with a larger smallest pole (<see cref="OrthogonalizationOutcome.PoleRaised"/>).</param>
/// <param name="FallBacks">Of these, by another method (<see cref="OrthogonalizationOutcome.FallBack"/>).</param>
public readonly record struct OrthogonalizationCounts(int Matrices, int PolesRaised, int FallBacks)
{
    /// <summary>One more matrix.</summary>
    /// <param name="outcome">How it went.</param>
    public OrthogonalizationCounts With(OrthogonalizationOutcome outcome) => new(
        Matrices + 1,
        PolesRaised + (outcome == OrthogonalizationOutcome.PoleRaised ? 1 : 0),
        FallBacks + (outcome == OrthogonalizationOutcome.FallBack ? 1 : 0));
}
