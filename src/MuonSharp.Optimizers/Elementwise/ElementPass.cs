using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The list of work of an elementwise optimizer: pieces of parameters in order of memory, several small ones a task.</summary>
internal sealed unsafe class ElementPass<TRule>
    where TRule : struct, IElementRule
{
    /// <summary>Elements per task: 64 KiB of each stream.</summary>
    private const int Chunk = 1 << 14;

    private readonly ParameterSlot[] _slots;
    private readonly StateBuffer _first;
    private readonly StateBuffer? _second;
    private readonly Func<ParameterSlot, TRule> _ruleOf;
    private readonly ElementPiece[] _pieces;
    private readonly int[] _taskStarts;
    private readonly double[] _squares;
    private readonly TRule[] _rules;
    private float _gradientScale;

    /// <summary>Cuts the parameters into tasks.</summary>
    /// <param name="slots">The optimizer's parameters.</param>
    /// <param name="ruleOf">The rule of a parameter that this step updates.</param>
    /// <param name="first">The first state.</param>
    /// <param name="second">The second, null when the rule has one.</param>
    public ElementPass(ParameterSlot[] slots, Func<ParameterSlot, TRule> ruleOf, StateBuffer first, StateBuffer? second = null)
    {
        (_slots, _ruleOf, _first, _second) = (slots, ruleOf, first, second);
        var pieces = new List<ElementPiece>();
        var taskStarts = new List<int>();
        int filled = Chunk;
        foreach (ParameterSlot slot in slots)
        {
            for (int start = 0; start < slot.Parameter.Length;)
            {
                if (filled == Chunk)
                {
                    taskStarts.Add(pieces.Count);
                    filled = 0;
                }

                int length = Math.Min(Chunk - filled, slot.Parameter.Length - start);
                pieces.Add(new ElementPiece(slot.Index, start, length));
                start += length;
                filled += length;
            }
        }

        taskStarts.Add(pieces.Count);
        _pieces = [.. pieces];
        _taskStarts = [.. taskStarts];
        _squares = new double[_pieces.Length];
        _rules = new TRule[slots.Length];
    }

    public void Run(in StepContext context)
    {
        _gradientScale = context.GradientScale;
        foreach (ParameterSlot slot in _slots)
        {
            _rules[slot.Index] = slot.Active ? _ruleOf(slot) : default;
        }

        var job = new Job(this);
        context.Team.Run(_taskStarts.Length - 1, ref job);
        for (int i = 0; i < _pieces.Length; i++)
        {
            _slots[_pieces[i].Slot].Group.Report.UpdateSquares += _squares[i];
        }
    }

    private void RunPiece(int index)
    {
        ElementPiece piece = _pieces[index];
        ParameterSlot slot = _slots[piece.Slot];
        double squares = 0;
        if (slot.Active)
        {
            float* gradient = slot.Gradient;
            var kernel = new ElementKernel<TRule>(
                slot.Weights + piece.Start,
                gradient is null ? null : gradient + piece.Start,
                _first.Of(piece.Slot) + piece.Start,
                _second is null ? null : _second.Of(piece.Slot) + piece.Start,
                piece.Length,
                _gradientScale,
                _rules[piece.Slot],
                &squares);
            LaneDispatch.Run(ref kernel);
        }

        _squares[index] = squares;
    }

    private readonly struct Job(ElementPass<TRule> pass) : ITeamJob
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
