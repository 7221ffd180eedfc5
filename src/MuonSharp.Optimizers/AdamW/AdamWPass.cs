using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The list of work of AdamW: pieces of parameters in order of memory, several small ones a task.</summary>
internal sealed unsafe class AdamWPass
{
    /// <summary>Elements per task: 64 KiB of each of the four streams.</summary>
    private const int Chunk = 1 << 14;

    private readonly ParameterSlot[] _slots;
    private readonly StateBuffer _first;
    private readonly StateBuffer _second;
    private readonly AdamWPiece[] _pieces;
    private readonly int[] _taskStarts;
    private readonly double[] _squares;
    private readonly AdamWCoefficients[] _coefficients;
    private float _gradientScale;

    public AdamWPass(ParameterSlot[] slots, StateBuffer first, StateBuffer second)
    {
        (_slots, _first, _second) = (slots, first, second);
        var pieces = new List<AdamWPiece>();
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
                pieces.Add(new AdamWPiece(slot.Index, start, length));
                start += length;
                filled += length;
            }
        }

        taskStarts.Add(pieces.Count);
        _pieces = [.. pieces];
        _taskStarts = [.. taskStarts];
        _squares = new double[_pieces.Length];
        _coefficients = new AdamWCoefficients[slots.Length];
    }

    public void Run(in StepContext context)
    {
        _gradientScale = context.GradientScale;
        foreach (ParameterSlot slot in _slots)
        {
            _coefficients[slot.Index] = slot.Active
                ? AdamWCoefficients.At((AdamWOptions)slot.Group.Options, slot)
                : default;
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
        AdamWPiece piece = _pieces[index];
        ParameterSlot slot = _slots[piece.Slot];
        double squares = 0;
        if (slot.Active)
        {
            float* gradient = slot.Gradient;
            var kernel = new AdamWKernel(
                slot.Weights + piece.Start,
                gradient == null ? null : gradient + piece.Start,
                _first.Of(piece.Slot) + piece.Start,
                _second.Of(piece.Slot) + piece.Start,
                piece.Length,
                _gradientScale,
                _coefficients[piece.Slot],
                &squares);
            LaneDispatch.Run(ref kernel);
        }

        _squares[index] = squares;
    }

    private readonly struct Job(AdamWPass pass) : ITeamJob
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
