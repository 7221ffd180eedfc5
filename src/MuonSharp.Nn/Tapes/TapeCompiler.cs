using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Turns the declarations of a tape into write-or-add decisions, lifetimes and offsets.</summary>
/// <remarks>
/// <para>Order of gradient writers: forward ones first, then operations from the last to the first. The first writer of a gradient
/// overwrites, later ones add; parameters and seeds are always added to.</para>
/// <para>Sharing: an output takes over an input's memory when this operation was its last reader; an input's gradient takes over that of the
/// output it is passed from when this operation is its first writer. A residual branch so costs no copy.</para>
/// <para>Recomputing: what a recomputed block makes lives twice, until its last reader in the forward run, and from its second computation on.
/// Whatever reads it from outside the block reads the first one.</para>
/// </remarks>
internal static class TapeCompiler
{
    public static (MemoryPlan Plan, TapeTimeline Timeline) Compile(Tape tape)
    {
        IReadOnlyList<OperationPlan> plans = tape.Plans;
        if (tape.Training)
        {
            DecideGradients(plans);
        }

        var timeline = new TapeTimeline(plans, tape.RecomputedBlocks, tape.Training);
        var uses = new BufferUses();
        foreach (Tensor input in tape.Inputs)
        {
            uses.Add(input.ValueBuffer, -1);
            uses.Add(input.ValueBuffer, timeline.End);
        }

        AddValues(plans, timeline, uses);
        for (int i = 0; i < plans.Count; i++)
        {
            AddGradients(plans[i], i, timeline, uses);
            AddOwnBuffers(plans[i], i, timeline, uses);
        }

        uses.Apply();
        bool shares = !tape.SharesNothing && !tape.Checks;
        if (shares)
        {
            ShareValues(plans, timeline);
        }

        if (tape.Training && shares)
        {
            ShareGradients(plans, timeline);
        }

        var buffers = tape.Inputs.Concat(plans.SelectMany(plan => plan.Outputs.Select(output => output.Tensor)))
            .SelectMany(tensor => new[] { tensor.ValueBuffer!, tensor.GradientBuffer! })
            .Concat(plans.SelectMany(plan => plan.Constants.Concat(plan.Saved).Concat(plan.ForwardScratch).Concat(plan.BackwardScratch)))
            .Distinct()
            .ToList();
        foreach (TapeBuffer? buffer in buffers.Where(buffer => tape.SharesNothing && buffer.IsUsed))
        {
            buffer.Live(-1, timeline.End);
        }

        return (tape.Checks ? MemoryPlan.Apart(buffers, TapeChecks.Guard) : MemoryPlan.Arrange(buffers), timeline);
    }

    /// <summary>The parameters that a backward run reaches, in the order in which their gradients become final, and after which of its calls each is: -1
    /// before the first, for what only the forward run contributes to.</summary>
    public static (Parameter Parameter, int After)[] GradientOrder(IReadOnlyList<OperationPlan> plans, TapeTimeline timeline)
    {
        Dictionary<Parameter, int> last = [];
        foreach (GradientSlot slot in plans.SelectMany(plan => plan.Slots).Where(slot => slot.DuringForward))
        {
            Note(slot, -1);
        }

        for (int step = 0; step < timeline.Backward.Length; step++)
        {
            if (!timeline.Backward[step].Recomputes)
            {
                foreach (GradientSlot slot in plans[timeline.Backward[step].Operation].Slots.Where(slot => !slot.DuringForward))
                {
                    Note(slot, step);
                }
            }
        }

        return [.. last.OrderBy(entry => entry.Value).Select(entry => (entry.Key, entry.Value))];

        void Note(GradientSlot slot, int step)
        {
            if (slot.Tensor.Parameter is { } parameter)
            {
                last[parameter] = step;
            }
        }
    }

    private static void DecideGradients(IReadOnlyList<OperationPlan> plans)
    {
        var written = new HashSet<Tensor>();
        foreach (GradientSlot? slot in plans.SelectMany(plan => plan.Slots).Where(slot => slot.DuringForward))
        {
            Write(slot, written);
        }

        foreach (OperationPlan? plan in plans.Reverse())
        {
            IEnumerable<Tensor> outputs = plan.Outputs.Select(output => output.Tensor);
            plan.Operation.HasBackward = outputs.Any(tensor => tensor.IsSeeded || written.Contains(tensor));
            foreach (GradientSlot? slot in plan.Slots.Where(slot => !slot.DuringForward && plan.Operation.HasBackward))
            {
                Write(slot, written);
            }
        }
    }

    private static void Write(GradientSlot slot, HashSet<Tensor> written)
    {
        bool first = written.Add(slot.Tensor);
        slot.Accumulates = !first || slot.Tensor.Kind == TensorKind.Parameter || slot.Tensor.IsSeeded;
    }

    private static void AddValues(IReadOnlyList<OperationPlan> plans, TapeTimeline timeline, BufferUses uses)
    {
        Dictionary<Tensor, int> producers = [];
        for (int i = 0; i < plans.Count; i++)
        {
            foreach ((Tensor? tensor, bool _) in plans[i].Outputs)
            {
                producers.Add(tensor, i);
                if (tensor.IsOutput)
                {
                    uses.Add(tensor.ValueBuffer, timeline.End);
                }
            }

            foreach ((Tensor? tensor, bool inBackward) in plans[i].Inputs.Concat(plans[i].Outputs))
            {
                bool again = producers.TryGetValue(tensor, out int producer) && timeline.ReadsAgain(producer, i);
                uses.Add(tensor.ValueBuffer, i);
                if (timeline.AgainOf(i) is { } second)
                {
                    uses.Add(tensor.ValueBuffer, second, again);
                }

                if (inBackward && plans[i].Operation.HasBackward)
                {
                    uses.AddNeeded(tensor.ValueBuffer, timeline.BackwardOf(i), again);
                }
            }
        }
    }

    private static void AddGradients(OperationPlan plan, int index, TapeTimeline timeline, BufferUses uses)
    {
        bool active = plan.Operation.HasBackward;
        int backward = timeline.BackwardOf(index);
        foreach ((Tensor? tensor, bool _) in plan.Outputs)
        {
            if (tensor.IsSeeded)
            {
                uses.Add(tensor.GradientBuffer, -1);
                uses.Add(tensor.GradientBuffer, timeline.End);
            }
            else if (active && tensor.RequiresGradient)
            {
                uses.Add(tensor.GradientBuffer, backward);
            }
        }

        foreach (GradientSlot? slot in plan.Slots.Where(slot => slot.DuringForward || active))
        {
            uses.Add(slot.Tensor.GradientBuffer, slot.DuringForward ? index : backward);
            if (slot.Tensor.Kind == TensorKind.Input)
            {
                uses.Add(slot.Tensor.GradientBuffer, timeline.End);
            }
        }
    }

    private static void AddOwnBuffers(OperationPlan plan, int index, TapeTimeline timeline, BufferUses uses)
    {
        int? again = timeline.AgainOf(index);
        foreach (TapeBuffer buffer in plan.Constants)
        {
            uses.Add(buffer, -1);
            uses.Add(buffer, timeline.End);
        }

        foreach (TapeBuffer? buffer in plan.Saved.Concat(plan.ForwardScratch))
        {
            uses.Add(buffer, index);
            if (again is { } second)
            {
                uses.Add(buffer, second, again: true);
            }
        }

        if (plan.Operation.HasBackward)
        {
            plan.Saved.ForEach(buffer => uses.AddNeeded(buffer, timeline.BackwardOf(index), again is not null));
            plan.BackwardScratch.ForEach(buffer => uses.Add(buffer, timeline.BackwardOf(index)));
        }
    }

    private static void ShareValues(IReadOnlyList<OperationPlan> plans, TapeTimeline timeline)
    {
        for (int i = 0; i < plans.Count; i++)
        {
            foreach ((Tensor? input, Tensor? output) in plans[i].InPlace)
            {
                if (input.Kind == TensorKind.Activation && EndsWhereItBegins(input.ValueBuffer!, output.ValueBuffer!, i, timeline.AgainOf(i)))
                {
                    output.ValueBuffer = Merge(input.ValueBuffer!, output.ValueBuffer!);
                }
            }
        }
    }

    /// <summary>Whether two buffers are alive together only while an operation runs that reads one for the last and writes the other for the first time.</summary>
    private static bool EndsWhereItBegins(TapeBuffer input, TapeBuffer output, int time, int? again) => input.Lives.All(
        life => output.Lives.All(its => !life.Meets(its) || (life.Last == its.First && (life.Last == time || life.Last == again))));

    private static void ShareGradients(IReadOnlyList<OperationPlan> plans, TapeTimeline timeline)
    {
        for (int i = plans.Count - 1; i >= 0; i--)
        {
            int backward = timeline.BackwardOf(i);
            foreach (GradientSlot slot in plans[i].Slots)
            {
                if (slot.PassedFrom is { IsSeeded: false } output && !slot.Accumulates && plans[i].Operation.HasBackward
                    && slot.Tensor.Kind == TensorKind.Activation && output.GradientBuffer!.LastUse == backward
                    && plans[i].Slots.Count(other => other.Tensor == slot.Tensor) == 1)
                {
                    slot.Tensor.GradientBuffer = Merge(output.GradientBuffer, slot.Tensor.GradientBuffer!);
                }
            }
        }
    }

    private static TapeBuffer Merge(TapeBuffer into, TapeBuffer from)
    {
        foreach (Lifetime life in from.Lives)
        {
            into.Live(life.First, life.Last);
        }

        into.IsNeeded |= from.IsNeeded;
        return into;
    }
}
