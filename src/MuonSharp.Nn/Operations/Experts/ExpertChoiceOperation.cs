using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Scores, choice, weights, and the order of rows by expert: see <see cref="RoutingOptions"/>.</summary>
/// <remarks>
/// <para>With p the scores of a row's experts, S their sum and c the scale: w = c p / S, dp = c/S (dw - Σ dw p / S), or without normalization w = c p, dp = c dw.
/// Sigmoid: dz = dp p (1 - p) at the chosen ones, 0 elsewhere. Softmax: dz = p (dp - Σ dp p).</para>
/// <para>Saved: the scores. Cost: a pass over the logits, and as many searches as a row has experts; sorting is one pass over the choices on one thread.</para>
/// </remarks>
internal sealed unsafe class ExpertChoiceOperation(Tensor logits, RoutingOptions options, MemoryBlock bias, ExpertLoad? load) : Operation("experts")
{
    private TapeBuffer _scores = null!;
    private GradientSlot? _gradient;

    public ExpertChoice Choice { get; private set; } = null!;

    public override string Shape => $"{logits.Rows}x{options.Active} of {logits.Columns}";

    private int Tasks => TaskSize.Pieces(logits.Rows, TaskSize.RowsPerTask(logits.Columns));

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(logits);
        Choice = new ExpertChoice(
            plan.Writes(logits.Rows, options.Active),
            plan.Writes(logits.Rows, options.Active, inBackward: true, differentiable: false),
            plan.Writes(logits.Rows, options.Active, differentiable: false),
            plan.Writes(1, logits.Columns + 1, differentiable: false));
        _scores = plan.ForBackward("scores", logits.Length);
        _gradient = plan.Gradient(logits);
    }

    protected internal override void Forward(in TapeRun run)
    {
        run.Team.RunLanes(Tasks, new ExpertChoiceForward(Rows, logits.Data, bias.Address));
        Sort();
        if (load is not null && run.Training && run.Phase == TapePhase.Forward)
        {
            for (int expert = 0; expert < logits.Columns; expert++)
            {
                load.Add(expert, (int)Choice.Starts.Data[expert + 1] - (int)Choice.Starts.Data[expert]);
            }
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            run.Team.RunLanes(Tasks, new ExpertChoiceBackward(Rows, Choice.Weights.GradientData, _gradient.Data, _gradient.Accumulates));
        }
    }

    private ChoiceRows Rows => new()
    {
        Options = options,
        Rows = logits.Rows,
        Experts = logits.Columns,
        Scores = _scores.Pointer,
        Weights = Choice.Weights.Data,
        Chosen = Choice.Chosen.Data,
    };

    /// <summary>Counts the rows of each expert, and numbers them in ascending order of expert and row.</summary>
    private void Sort()
    {
        int experts = logits.Columns;
        Span<int> next = stackalloc int[experts + 1];
        next.Clear();
        float* chosen = Choice.Chosen.Data;
        long places = Choice.Places.Length;
        for (long i = 0; i < places; i++)
        {
            next[(int)chosen[i] + 1]++;
        }

        for (int expert = 0; expert < experts; expert++)
        {
            next[expert + 1] += next[expert];
        }

        for (int expert = 0; expert <= experts; expert++)
        {
            Choice.Starts.Data[expert] = next[expert];
        }

        for (long i = 0; i < places; i++)
        {
            Choice.Places.Data[i] = next[(int)chosen[i]]++;
        }
    }
}

/// <summary>Where the choice of all rows lies.</summary>
internal unsafe struct ChoiceRows
{
    /// <summary>Added to the sum of a row's scores, so that none is divided by zero; DeepSeek-V3's.</summary>
    private const double NormalizationEpsilon = 1e-20;

    public RoutingOptions Options;
    public int Rows;
    public int Experts;
    public float* Scores;
    public float* Weights;
    public float* Chosen;

    public readonly int First(int task) => task * TaskSize.RowsPerTask(Experts);

    public readonly int End(int task) => Math.Min(Rows, (task + 1) * TaskSize.RowsPerTask(Experts));

    /// <summary>Sum of the scores of a row's experts, in the order of the choice.</summary>
    public readonly double Sum(int row)
    {
        double sum = NormalizationEpsilon;
        for (int slot = 0; slot < Options.Active; slot++)
        {
            sum += Score(row, slot);
        }

        return sum;
    }

    public readonly int Expert(int row, int slot) => (int)Chosen[((nint)row * Options.Active) + slot];

    public readonly float Score(int row, int slot) => Scores[((nint)row * Experts) + Expert(row, slot)];
}

/// <summary>Scores, choice and weights of rows. A task is a range of rows.</summary>
internal readonly unsafe struct ExpertChoiceForward(ChoiceRows rows, float* logits, float* bias) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* ranked = stackalloc float[rows.Experts + rows.Options.Groups];
        bool* taken = stackalloc bool[rows.Experts + rows.Options.Groups];
        for (int row = rows.First(task); row < rows.End(task); row++)
        {
            float* scores = rows.Scores + ((nint)row * rows.Experts);
            RouterScores.Row<L, V>(rows.Options.Scoring, logits + ((nint)row * rows.Experts), scores, rows.Experts);
            for (int expert = 0; expert < rows.Experts; expert++)
            {
                ranked[expert] = bias is null ? scores[expert] : scores[expert] + bias[expert];
                taken[expert] = false;
            }

            if (rows.Options.ActiveGroups < rows.Options.Groups)
            {
                LeaveGroups(ranked, taken);
            }

            for (int slot = 0; slot < rows.Options.Active; slot++)
            {
                rows.Chosen[((nint)row * rows.Options.Active) + slot] = Take(ranked, taken, rows.Experts);
            }

            double factor = rows.Options.Normalize ? rows.Options.Scale / rows.Sum(row) : rows.Options.Scale;
            for (int slot = 0; slot < rows.Options.Active; slot++)
            {
                rows.Weights[((nint)row * rows.Options.Active) + slot] = (float)(factor * rows.Score(row, slot));
            }
        }
    }

    /// <summary>Takes all experts but those of the best groups out of the choice.</summary>
    private void LeaveGroups(float* ranked, bool* taken)
    {
        int groups = rows.Options.Groups, size = rows.Experts / groups;
        float* ofGroups = ranked + rows.Experts;
        bool* takenGroups = taken + rows.Experts;
        for (int group = 0; group < groups; group++)
        {
            float best = float.NegativeInfinity, second = float.NegativeInfinity;
            for (int expert = group * size; expert < (group + 1) * size; expert++)
            {
                second = MathF.Max(second, MathF.Min(best, ranked[expert]));
                best = MathF.Max(best, ranked[expert]);
            }

            (ofGroups[group], takenGroups[group]) = (size == 1 ? best : best + second, false);
        }

        for (int i = 0; i < rows.Options.ActiveGroups; i++)
        {
            Take(ofGroups, takenGroups, groups);
        }

        for (int expert = 0; expert < rows.Experts; expert++)
        {
            taken[expert] = !takenGroups[expert / size];
        }
    }

    /// <summary>The best that is left, of equals the first; whatever the values are, it is one that is left.</summary>
    private static int Take(float* ranked, bool* taken, int count)
    {
        int best = -1;
        for (int i = 0; i < count; i++)
        {
            if (!taken[i] && (best < 0 || ranked[i] > ranked[best]))
            {
                best = i;
            }
        }

        taken[best] = true;
        return best;
    }
}

/// <summary>The gradient of the logits. A task is a range of rows.</summary>
internal readonly unsafe struct ExpertChoiceBackward(ChoiceRows rows, float* weightGradient, float* gradient, bool add) : ITaskKernel
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        for (int row = rows.First(task); row < rows.End(task); row++)
        {
            float* dw = weightGradient + ((nint)row * rows.Options.Active), dz = gradient + ((nint)row * rows.Experts);
            double sum = rows.Options.Normalize ? rows.Sum(row) : 1, dot = 0;
            for (int slot = 0; slot < rows.Options.Active; slot++)
            {
                dot += (double)dw[slot] * rows.Score(row, slot);
            }

            double common = rows.Options.Normalize ? dot / sum : 0, factor = rows.Options.Scale / sum;
            bool softmax = rows.Options.Scoring == RouterScoring.Softmax;
            double all = softmax ? Shared(row, dw, common, factor) : 0;
            for (int expert = 0; expert < rows.Experts; expert++)
            {
                float share = softmax ? (float)(-all * rows.Scores[((nint)row * rows.Experts) + expert]) : 0;
                dz[expert] = add ? dz[expert] + share : share;
            }

            for (int slot = 0; slot < rows.Options.Active; slot++)
            {
                double p = rows.Score(row, slot), dp = factor * (dw[slot] - common);
                dz[rows.Expert(row, slot)] += (float)(softmax ? dp * p : dp * p * (1 - p));
            }
        }
    }

    /// <summary>Σ dp p, which softmax takes from all experts.</summary>
    private double Shared(int row, float* dw, double common, double factor)
    {
        double sum = 0;
        for (int slot = 0; slot < rows.Options.Active; slot++)
        {
            sum += factor * (dw[slot] - common) * rows.Score(row, slot);
        }

        return sum;
    }
}
