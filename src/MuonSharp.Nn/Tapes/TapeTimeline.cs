namespace MuonSharp.Nn;

/// <summary>When each operation of a tape runs: forward, perhaps forward a second time, backward.</summary>
/// <remarks>
/// <para>Operation i runs forward at time i. The backward run walks from the last operation to the first; before it enters a recomputed block from
/// behind, the block's operations run forward again, in order, as far as something in the block's backward run reads what they make.</para>
/// <para>So a block's last product, which only the next block reads, is not computed twice.</para>
/// </remarks>
internal sealed class TapeTimeline
{
    private const int Never = -1;

    private readonly int[] _again;
    private readonly int[] _backward;
    private readonly int[] _block;

    /// <summary>Orders the runs.</summary>
    /// <param name="plans">The operations in forward order; it is known which have a backward run.</param>
    /// <param name="blocks">Ranges of operations to recompute, ascending and apart.</param>
    /// <param name="training">Whether there is a backward run.</param>
    public TapeTimeline(IReadOnlyList<OperationPlan> plans, IReadOnlyList<Range> blocks, bool training)
    {
        (_again, _backward, _block) = (new int[plans.Count], new int[plans.Count], new int[plans.Count]);
        Array.Fill(_again, Never);
        Array.Fill(_block, Never);
        End = plans.Count;
        if (!training)
        {
            return;
        }

        for (int block = 0; block < blocks.Count; block++)
        {
            (int start, int length) = blocks[block].GetOffsetAndLength(plans.Count);
            Array.Fill(_block, block, start, length);
        }

        List<BackwardStep> steps = [];
        for (int i = plans.Count - 1; i >= 0; i--)
        {
            if (_block[i] != Never && (i == plans.Count - 1 || _block[i + 1] != _block[i]))
            {
                Recompute(plans, blocks[_block[i]], steps);
            }

            _backward[i] = End++;
            if (plans[i].Operation.HasBackward)
            {
                steps.Add(new BackwardStep(i, Recomputes: false));
            }
        }

        Backward = [.. steps];
    }

    /// <summary>The calls of the backward run, in order.</summary>
    public BackwardStep[] Backward { get; } = [];

    /// <summary>The time after the last run.</summary>
    public int End { get; private set; }

    /// <summary>Time of an operation's backward run.</summary>
    public int BackwardOf(int operation) => _backward[operation];

    /// <summary>Time at which an operation runs forward again; null when it does not.</summary>
    public int? AgainOf(int operation) => _again[operation] == Never ? null : _again[operation];

    /// <summary>Whether what one operation makes again is what another reads in its second forward run and in its backward run.</summary>
    public bool ReadsAgain(int producer, int reader) => _again[producer] != Never && _block[producer] == _block[reader];

    private void Recompute(IReadOnlyList<OperationPlan> plans, Range block, List<BackwardStep> steps)
    {
        (int start, int length) = block.GetOffsetAndLength(plans.Count);
        HashSet<Tensor> wanted = [];
        bool[] runs = new bool[length];
        for (int i = length - 1; i >= 0; i--)
        {
            OperationPlan plan = plans[start + i];
            bool active = plan.Operation.HasBackward;
            if (active)
            {
                wanted.UnionWith(plan.Inputs.Concat(plan.Outputs).Where(use => use.InBackward).Select(use => use.Tensor));
            }

            runs[i] = (active && plan.Saved.Count > 0) || plan.Outputs.Any(output => wanted.Contains(output.Tensor));
            if (runs[i])
            {
                wanted.UnionWith(plan.Inputs.Select(input => input.Tensor));
            }
        }

        for (int i = 0; i < length; i++)
        {
            if (runs[i])
            {
                _again[start + i] = End++;
                steps.Add(new BackwardStep(start + i, Recomputes: true));
            }
        }
    }
}

/// <summary>One call of the backward run.</summary>
/// <param name="Operation">Number of the operation.</param>
/// <param name="Recomputes">Whether its forward is called, to have again what was not kept; else its backward.</param>
internal readonly record struct BackwardStep(int Operation, bool Recomputes);

/// <summary>Collects when buffers are used, apart for the first life and the one after a recomputation, and then gives each its lives.</summary>
internal sealed class BufferUses
{
    private readonly Dictionary<(TapeBuffer Buffer, bool Again), Lifetime> _lives = [];

    /// <summary>Notes a use.</summary>
    /// <param name="buffer">The buffer; null is ignored, for parameters.</param>
    /// <param name="time">Time of the use.</param>
    /// <param name="again">Whether it is a use of what was computed again.</param>
    public void Add(TapeBuffer? buffer, int time, bool again = false)
    {
        if (buffer is not null)
        {
            Lifetime life = _lives.GetValueOrDefault((buffer, again), new Lifetime(time, time));
            _lives[(buffer, again)] = new Lifetime(Math.Min(life.First, time), Math.Max(life.Last, time));
        }
    }

    /// <summary>Notes that a backward run reads what a forward run put there.</summary>
    /// <param name="buffer">The buffer; null is ignored, for parameters.</param>
    /// <param name="time">Time of the use.</param>
    /// <param name="again">Whether it is a use of what was computed again.</param>
    public void AddNeeded(TapeBuffer? buffer, int time, bool again)
    {
        Add(buffer, time, again);
        buffer?.IsNeeded = true;
    }

    /// <summary>Tells the buffers.</summary>
    public void Apply()
    {
        foreach (((TapeBuffer? buffer, bool _), Lifetime life) in _lives)
        {
            buffer.Live(life.First, life.Last);
        }
    }
}
