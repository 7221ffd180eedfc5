using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The list of work of an elementwise optimizer: grains of parameters in order of memory, several small ones a task.</summary>
internal sealed unsafe class ElementPass<TRule, TOptions>
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : OptimizerOptions
{
    /// <summary>Elements per piece and, at least, per task: 64 KiB of each stream.</summary>
    private const int Chunk = Ownership.Grain;

    private readonly ImmutableArray<ParameterSlot> _slots;
    private readonly StateBuffer? _first;
    private readonly StateBuffer? _second;
    private readonly ElementPiece[] _pieces;
    private readonly int[] _taskStarts;
    private readonly double[] _squares;
    private readonly TRule[][] _rules;
    private float _gradientScale;

    /// <summary>Cuts the parameters into tasks.</summary>
    /// <param name="slots">The optimizer's parameters.</param>
    /// <param name="first">The first state, null when the rule has none.</param>
    /// <param name="second">The second, null when the rule has one.</param>
    public ElementPass(ImmutableArray<ParameterSlot> slots, StateBuffer? first, StateBuffer? second)
    {
        (_slots, _first, _second) = (slots, first, second);
        var pieces = new List<ElementPiece>();
        var taskStarts = new List<int>();
        int filled = Chunk;
        foreach (ParameterSlot slot in slots)
        {
            for (int start = slot.Owned.Start; start < slot.Owned.End; start += Chunk)
            {
                if (filled >= Chunk)
                {
                    taskStarts.Add(pieces.Count);
                    filled = 0;
                }

                int length = Math.Min(Chunk, slot.Owned.End - start);
                pieces.Add(new ElementPiece(slot.Index, start, length));
                filled += length;
            }
        }

        taskStarts.Add(pieces.Count);
        _pieces = [.. pieces];
        _taskStarts = [.. taskStarts];
        _squares = new double[_pieces.Length];
        _rules = [.. slots.Select(static slot => new TRule[slot.MatrixCount])];
    }

    public void Run(in StepContext context)
    {
        _gradientScale = context.GradientScale;
        foreach (ParameterSlot slot in _slots)
        {
            TRule[] rules = _rules[slot.Index];
            for (int matrix = 0; matrix < rules.Length; matrix++)
            {
                rules[matrix] = slot.IsActive(matrix) ? TRule.Create((TOptions)slot.Options, slot.ValuesOf(matrix), slot.CountOf(matrix)) : default;
            }
        }

        var job = new Job(this);
        context.Team.Run(_taskStarts.Length - 1, ref job);
        for (int i = 0; i < _pieces.Length; i++)
        {
            _slots[_pieces[i].Slot].ReportChange(_pieces[i].Start / Chunk, _squares[i]);
        }
    }

    private void RunPiece(int index)
    {
        ElementPiece piece = _pieces[index];
        ParameterSlot slot = _slots[piece.Slot];
        _squares[index] = !slot.Active ? 0 : slot.IsUniform ? RunElements(slot, 0, piece.Start, piece.Length) : RunMatrices(slot, piece);
    }

    /// <summary>A piece of a tensor whose matrices differ, as idle experts do: each run of a matrix by itself.</summary>
    private double RunMatrices(ParameterSlot slot, ElementPiece piece)
    {
        double squares = 0;
        for (int matrix = 0; matrix < slot.MatrixCount; matrix++)
        {
            var runs = new MatrixRuns(slot.Parameter.Matrices[matrix], piece.Start, piece.Start + piece.Length);
            while (slot.IsActive(matrix) && runs.Next())
            {
                squares += RunElements(slot, matrix, runs.Start, runs.Length);
            }
        }

        return squares;
    }

    private double RunElements(ParameterSlot slot, int matrix, int start, int length)
    {
        double squares = 0;
        float* gradient = slot.GradientOf(matrix);
        var kernel = new ElementKernel<TRule, TOptions>(
            slot.Weights + start,
            gradient is null ? null : gradient + start,
            _first is null ? null : _first.Of(slot.Index) + start,
            _second is null ? null : _second.Of(slot.Index) + start,
            length,
            _gradientScale,
            _rules[slot.Index][matrix],
            &squares);
        LaneDispatch.Run(ref kernel);
        return squares;
    }

    private readonly struct Job(ElementPass<TRule, TOptions> pass) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            for (int i = pass._taskStarts[task]; i < pass._taskStarts[task + 1]; i++)
            {
                pass.RunPiece(i);
            }
        }
    }
}

/// <summary>A run of elements of one parameter: at most one chunk.</summary>
/// <param name="Slot">The parameter.</param>
/// <param name="Start">The first element.</param>
/// <param name="Length">Number of elements.</param>
internal readonly record struct ElementPiece(int Slot, int Start, int Length);
