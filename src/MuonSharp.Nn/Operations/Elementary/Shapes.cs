using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records what puts columns and rows together or takes them apart.</summary>
public static class ShapeRecording
{
    /// <summary>The columns of all parts side by side.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="parts">At least one, [rows, columns i].</param>
    /// <returns>[rows, sum of columns].</returns>
    /// <exception cref="ArgumentException">There is no part, or the rows differ.</exception>
    public static Tensor Concatenate(this Tape tape, params ReadOnlySpan<Tensor> parts)
    {
        Rule.Check(parts.Length > 0, $"[concatenate] there is at least one part; none came");
        foreach (Tensor part in parts)
        {
            Rule.Check(part.Rows == parts[0].Rows, $"[concatenate] all parts have as many rows; {parts[0]} and {part}");
        }

        return tape.Record(new ConcatenateOperation([.. parts])).Output;
    }

    /// <summary>A range of columns.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, columns].</param>
    /// <param name="first">The first column, from 0.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>[rows, count].</returns>
    /// <exception cref="ArgumentException">The range is not inside.</exception>
    public static Tensor Slice(this Tape tape, Tensor x, int first, int count)
    {
        Rule.Check(
            first >= 0 && count >= 1 && first <= x.Columns - count, $"[slice] columns {first} to {(long)first + count - 1} lie inside; {x}");
        return tape.Record(new SliceOperation(x, first, count)).Output;
    }

    /// <summary>The same elements in the same order with other rows: [rows, heads·width] to [rows·heads, width], or back.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="rows">Rows of the result, a divisor of the number of elements.</param>
    /// <returns>[rows, elements / rows].</returns>
    /// <exception cref="ArgumentException">The rows do not divide the elements.</exception>
    public static Tensor Reshape(this Tape tape, Tensor x, int rows)
    {
        Rule.Check(rows >= 1 && x.Length % rows == 0 && x.Length / rows <= int.MaxValue, $"[reshape] {rows} rows divide the {x.Length} elements; {x}");
        return tape.Record(new ReshapeOperation(x, rows)).Output;
    }

    /// <summary>The mean of each group of rows that follow each other: of the words of a text, of all rows with the group as long as x.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows·group, columns].</param>
    /// <param name="group">Rows of a group, a divisor of x's.</param>
    /// <returns>[rows, columns].</returns>
    /// <exception cref="ArgumentException">The group does not divide the rows.</exception>
    public static Tensor MeanRows(this Tape tape, Tensor x, int group)
    {
        Rule.Check(group >= 1 && x.Rows % group == 0, $"[mean] groups of {group} divide the rows; {x}");
        return tape.Record(new MeanRowsOperation(x, group)).Output;
    }

    /// <summary>The mean vector of the tokens of each row: a bag of words.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">[rows·count] tokens, those of a row one after the other.</param>
    /// <param name="table">[vocabulary, width].</param>
    /// <param name="count">Tokens of a row.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The count does not divide the tokens.</exception>
    public static Tensor EmbeddingMean(this Tape tape, TokenBuffer tokens, Tensor table, int count) => tape.MeanRows(tape.Embedding(tokens, table), count);
}

/// <summary>y = [a, b, ...] by columns; each gradient is its columns of dy.</summary>
internal sealed unsafe class ConcatenateOperation(Tensor[] parts) : Operation("concatenate")
{
    private readonly GradientSlot?[] _gradients = new GradientSlot?[parts.Length];

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        foreach (Tensor part in parts)
        {
            plan.Reads(part);
        }

        Output = plan.Writes(parts[0].Rows, parts.Sum(part => part.Columns));
        for (int i = 0; i < parts.Length; i++)
        {
            _gradients[i] = plan.Gradient(parts[i]);
        }
    }

    protected internal override void Forward(in TapeRun run)
    {
        int column = 0;
        foreach (Tensor part in parts)
        {
            CopyColumns.Run(run.Team, part.Data, part.Columns, Output.Data + column, Output.Columns, part.Rows, part.Columns, add: false);
            column += part.Columns;
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
        int column = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            Tensor part = parts[i];
            if (_gradients[i] is { } slot)
            {
                CopyColumns.Run(run.Team, Output.GradientData + column, Output.Columns, slot.Data, part.Columns, part.Rows, part.Columns, slot.Accumulates);
            }

            column += part.Columns;
        }
    }
}

/// <summary>y = x[:, first .. first + count]; dx is dy there and 0 elsewhere.</summary>
internal sealed unsafe class SliceOperation(Tensor x, int first, int count) : Operation("slice")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, count);
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run) =>
        CopyColumns.Run(run.Team, x.Data + first, x.Columns, Output.Data, count, x.Rows, count, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is null)
        {
            return;
        }

        if (!_gradient.Accumulates)
        {
            System.Runtime.InteropServices.NativeMemory.Clear(_gradient.Data, checked((nuint)x.Length * sizeof(float)));
        }

        CopyColumns.Run(run.Team, Output.GradientData, count, _gradient.Data + first, x.Columns, x.Rows, count, _gradient.Accumulates);
    }
}

/// <summary>y = x with other rows; free where y may take over x's memory.</summary>
internal sealed unsafe class ReshapeOperation(Tensor x, int rows) : Operation("reshape")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(rows, (int)(x.Length / rows), replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run)
    {
        if (x.Data != Output.Data)
        {
            Elementwise.Map<CopyFormula>(run.Team, x.Data, Output.Data, x.Length);
        }
    }

    protected internal override void Backward(in TapeRun run) => GradientHandOn.Run(run.Team, Output, _gradient);
}

/// <summary>y[r] = mean of x[r·group .. (r+1)·group]; each of those rows' gradients is dy[r] / group.</summary>
/// <remarks>Rows are added in order, one chain of float32 additions an element.</remarks>
internal sealed unsafe class MeanRowsOperation(Tensor x, int group) : Operation("mean-rows")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows / group, x.Columns);
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run)
    {
        var job = new MeanJob { X = x.Data, Mean = Output.Data, Rows = Output.Rows, Columns = x.Columns, Group = group };
        run.Team.Run(Tasks, ref job);
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            var job = new MeanJob
            {
                X = _gradient.Data,
                Mean = Output.GradientData,
                Rows = Output.Rows,
                Columns = x.Columns,
                Group = group,
                Spreads = true,
                Add = _gradient.Accumulates,
            };
            run.Team.Run(Tasks, ref job);
        }
    }

    private int Tasks => TaskSize.Pieces(Output.Rows, MeanJob.RowsPerTask(x.Columns, group));
}

/// <summary>Means of groups of rows, or a row's share for each row of its group. A task is a range of groups.</summary>
internal unsafe struct MeanJob : ITeamJob
{
    public float* X;
    public float* Mean;
    public int Rows;
    public int Columns;
    public int Group;
    public bool Spreads;
    public bool Add;

    public static int RowsPerTask(int columns, int group) => (int)Math.Max(1, TaskSize.Elements / ((long)columns * group));

    public readonly void Run(int task, int worker)
    {
        int rows = RowsPerTask(Columns, Group);
        for (int row = task * rows; row < Math.Min(Rows, (task + 1) * rows); row++)
        {
            float* mean = Mean + ((nint)row * Columns);
            float* group = X + ((nint)row * Group * Columns);
            if (Spreads)
            {
                Spread(mean, group);
            }
            else
            {
                Average(group, mean);
            }
        }
    }

    private readonly void Average(float* group, float* mean)
    {
        new Span<float>(mean, Columns).Clear();
        for (int i = 0; i < Group; i++)
        {
            for (int column = 0; column < Columns; column++)
            {
                mean[column] += group[((nint)i * Columns) + column];
            }
        }

        for (int column = 0; column < Columns; column++)
        {
            mean[column] /= Group;
        }
    }

    private readonly void Spread(float* mean, float* group)
    {
        for (int i = 0; i < Group; i++)
        {
            float* to = group + ((nint)i * Columns);
            for (int column = 0; column < Columns; column++)
            {
                float share = mean[column] / Group;
                to[column] = Add ? to[column] + share : share;
            }
        }
    }
}

/// <summary>Copies or adds a block of columns between matrices of other widths. A task is a range of rows.</summary>
internal readonly unsafe struct CopyColumns(float* from, int fromStride, float* to, int toStride, int rows, int columns, bool add) : ITeamJob
{
    public static void Run(WorkerTeam team, float* from, int fromStride, float* to, int toStride, int rows, int columns, bool add)
    {
        var job = new CopyColumns(from, fromStride, to, toStride, rows, columns, add);
        team.Run(TaskSize.Pieces(rows, TaskSize.RowsPerTask(columns)), ref job);
    }

    public void Run(int task, int worker)
    {
        int count = TaskSize.RowsPerTask(columns);
        for (int row = task * count; row < Math.Min(rows, (task + 1) * count); row++)
        {
            float* source = from + ((nint)row * fromStride);
            float* target = to + ((nint)row * toStride);
            if (add)
            {
                for (int i = 0; i < columns; i++)
                {
                    target[i] += source[i];
                }
            }
            else
            {
                new ReadOnlySpan<float>(source, columns).CopyTo(new Span<float>(target, columns));
            }
        }
    }
}
