using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The update of an elementwise optimizer (<see cref="AdamW"/>) over tensors that another library owns: the same kernel, and nothing around it.</summary>
/// <remarks>One pass over weights, gradients and state. See <see cref="TensorUpdate"/> for what is left to the caller.</remarks>
/// <typeparam name="TRule">The update of sixteen elements, such as <see cref="AdamWRule"/>.</typeparam>
/// <typeparam name="TOptions">The options, such as <see cref="AdamWOptions"/>.</typeparam>
public sealed unsafe class ElementwiseUpdate<TRule, TOptions>
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : OptimizerOptions
{
    /// <summary>Elements of a task: 64 KiB of each stream.</summary>
    private const int Chunk = Ownership.Grain;

    private readonly TensorUpdate[] _tensors;
    private readonly ElementPiece[] _pieces;
    private readonly double[] _squares;
    private readonly TRule[] _rules;
    private readonly WorkerTeam _team;
    private float _gradientScale;

    /// <summary>An update of some tensors.</summary>
    /// <param name="tensors">The tensors; their options are <typeparamref name="TOptions"/>.</param>
    /// <param name="team">The workers.</param>
    /// <exception cref="ArgumentException">A tensor has other options.</exception>
    public ElementwiseUpdate(IReadOnlyList<TensorUpdate> tensors, WorkerTeam team)
    {
        (_tensors, _team) = ([.. tensors], team);
        TensorUpdate? stranger = Array.Find(_tensors, static tensor => tensor.Options is not TOptions);
        if (stranger is not null)
        {
            throw new ArgumentException($"[elementwise update] options are {typeof(TOptions).Name}; '{stranger.Tensor.Name}' has {stranger.Options.GetType().Name}");
        }

        _pieces = [.. _tensors.SelectMany(static (tensor, index) => Cut(index, tensor.Tensor.Length))];
        _squares = new double[_pieces.Length];
        _rules = new TRule[_tensors.Length];
    }

    /// <summary>Updates weights and state of every active tensor in place.</summary>
    /// <param name="gradientScale">What every gradient is multiplied with, 1 without clipping.</param>
    public void Run(float gradientScale = 1)
    {
        _gradientScale = gradientScale;
        for (int i = 0; i < _tensors.Length; i++)
        {
            TensorUpdate tensor = _tensors[i];
            tensor.SquaredChange = 0;
            _rules[i] = tensor.IsActive ? TRule.Create((TOptions)tensor.Options, tensor.Values, tensor.Count) : default;
        }

        var job = new Job(this);
        _team.Run(_pieces.Length, ref job);
        for (int i = 0; i < _pieces.Length; i++)
        {
            _tensors[_pieces[i].Slot].SquaredChange += _squares[i];
        }
    }

    private static IEnumerable<ElementPiece> Cut(int tensor, int length)
    {
        for (long start = 0; start < length; start += Chunk)
        {
            yield return new ElementPiece(tensor, (int)start, (int)Math.Min(Chunk, length - start));
        }
    }

    private void RunPiece(int index)
    {
        ElementPiece piece = _pieces[index];
        TensorUpdate tensor = _tensors[piece.Slot];
        double squares = 0;
        if (tensor.IsActive)
        {
            var kernel = new ElementKernel<TRule, TOptions>(
                tensor.Weights + piece.Start,
                tensor.Gradient is null ? null : tensor.Gradient + piece.Start,
                TRule.States > 0 ? tensor.FirstState + piece.Start : null,
                TRule.States > 1 ? tensor.SecondState + piece.Start : null,
                piece.Length,
                _gradientScale,
                _rules[piece.Slot],
                &squares);
            LaneDispatch.Run(ref kernel);
        }

        _squares[index] = squares;
    }

    private readonly struct Job(ElementwiseUpdate<TRule, TOptions> update) : ITeamJob
    {
        public void Run(int task, int worker) => update.RunPiece(task);
    }
}
