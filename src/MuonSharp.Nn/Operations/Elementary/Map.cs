using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A formula, element by element: result[i] = f(x[i]).</summary>
/// <remarks>Called on pieces of a tensor by several threads at once, so it keeps nothing between calls; it allocates nothing either.</remarks>
/// <param name="x">Some elements.</param>
/// <param name="result">Out: as many.</param>
public delegate void MapFormula(ReadOnlySpan<float> x, Span<float> result);

/// <summary>Records formulas of one's own.</summary>
public static class MapRecording
{
    /// <summary>y = f(x), element by element, with f and its derivative as delegates: an operation of one's own in two lines.</summary>
    /// <remarks>Where the time matters, a struct of vectors does the same without calls and in a linear layer's epilogue: <see cref="Activation.Of{TActivation}"/>.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="formula">f.</param>
    /// <param name="derivative">f', of x.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor Map(this Tape tape, Tensor x, MapFormula formula, MapFormula derivative) =>
        tape.Record(new MapOperation(x, formula, derivative)).Output;
}

/// <summary>y = f(x); dx = dy f'(x). A task is a piece of the elements.</summary>
internal sealed unsafe class MapOperation(Tensor x, MapFormula formula, MapFormula derivative) : Operation("map")
{
    private TapeBuffer? _derivatives;
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    private int Tasks => TaskSize.Pieces(x.Length, TaskSize.Elements);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: true);
        Output = plan.Writes(x.Rows, x.Columns);
        _gradient = plan.Gradient(x, passedFrom: Output);
        _derivatives = _gradient is null ? null : plan.ScratchInBackward("derivatives", (long)plan.Workers * TaskSize.Elements);
    }

    protected internal override void Forward(in TapeRun run)
    {
        var job = new FormulaJob { Formula = formula, X = x.Data, Y = Output.Data, Length = x.Length };
        run.Team.Run(Tasks, ref job);
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            var job = new DerivativeJob
            {
                Derivative = derivative,
                X = x.Data,
                Derivatives = _derivatives!.Pointer,
                Dy = Output.GradientData,
                Dx = _gradient.Data,
                Add = _gradient.Accumulates,
                Length = x.Length,
            };
            run.Team.Run(Tasks, ref job);
        }
    }

    private static int LengthOf(int task, long length) => (int)Math.Min(TaskSize.Elements, length - ((long)task * TaskSize.Elements));

    private struct FormulaJob : ITeamJob
    {
        public MapFormula Formula;
        public float* X;
        public float* Y;
        public long Length;

        public readonly void Run(int task, int worker)
        {
            long first = (long)task * TaskSize.Elements;
            int length = LengthOf(task, Length);
            Formula(new ReadOnlySpan<float>(X + first, length), new Span<float>(Y + first, length));
        }
    }

    private struct DerivativeJob : ITeamJob
    {
        public MapFormula Derivative;
        public float* X;
        public float* Derivatives;
        public float* Dy;
        public float* Dx;
        public bool Add;
        public long Length;

        public readonly void Run(int task, int worker)
        {
            long first = (long)task * TaskSize.Elements;
            int length = LengthOf(task, Length);
            float* slopes = Derivatives + ((nint)worker * TaskSize.Elements);
            Derivative(new ReadOnlySpan<float>(X + first, length), new Span<float>(slopes, length));
            for (int i = 0; i < length; i++)
            {
                float contribution = Dy[first + i] * slopes[i];
                Dx[first + i] = Add ? Dx[first + i] + contribution : contribution;
            }
        }
    }
}
