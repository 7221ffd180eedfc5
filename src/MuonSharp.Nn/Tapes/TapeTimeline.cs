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

        for (var block = 0; block < blocks.Count; block++)
        {
            var (start, length) = blocks[block].GetOffsetAndLength(plans.Count);
            Array.Fill(_block, block, start, length);
        }

        List<BackwardStep> steps = [];
        for (var i = plans.Count - 1; i >= 0; i--)
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
        var (start, length) = block.GetOffsetAndLength(plans.Count);
        HashSet<Tensor> wanted = [];
        var runs = new bool[length];
        for (var i = length - 1; i >= 0; i--)
        {
            var plan = plans[start + i];
            var active = plan.Operation.HasBackward;
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

        for (var i = 0; i < length; i++)
        {
            if (runs[i])
            {
                _again[start + i] = End++;
                steps.Add(new BackwardStep(start + i, Recomputes: true));
            }
        }
    }
}
