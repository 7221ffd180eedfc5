namespace MuonSharp.Nn;

/// <summary>Turns the declarations of a tape into write-or-add decisions, lifetimes and offsets.</summary>
/// <remarks>
/// <para>Order of gradient writers: forward ones first, then operations from the last to the first. The first writer of a gradient
/// overwrites, later ones add; parameters and seeds are always added to.</para>
/// <para>Sharing: an output takes over an input's memory when this operation was its last reader; an input's gradient takes over that of the
/// output it is passed from when this operation is its first writer. A residual branch so costs no copy.</para>
/// </remarks>
internal static class TapeCompiler
{
    public static MemoryPlan Compile(Tape tape)
    {
        var plans = tape.Plans;
        var end = tape.Training ? 2 * plans.Count : plans.Count;
        if (tape.Training)
        {
            DecideGradients(plans);
        }

        foreach (var input in tape.Inputs)
        {
            input.ValueBuffer!.Touch(-1);
            input.ValueBuffer.Touch(end);
        }

        for (var i = 0; i < plans.Count; i++)
        {
            TouchBuffers(plans[i], i, (2 * plans.Count) - 1 - i, end);
        }

        if (!tape.SharesNothing)
        {
            ShareValues(plans);
        }

        if (tape.Training && !tape.SharesNothing)
        {
            ShareGradients(plans);
        }

        var buffers = tape.Inputs.Concat(plans.SelectMany(plan => plan.Outputs.Select(output => output.Tensor)))
            .SelectMany(tensor => new[] { tensor.ValueBuffer!, tensor.GradientBuffer! })
            .Concat(plans.SelectMany(plan => plan.Constant.Concat(plan.Saved).Concat(plan.ForwardScratch).Concat(plan.BackwardScratch)))
            .Distinct()
            .ToList();
        foreach (var buffer in buffers.Where(buffer => tape.SharesNothing && buffer.IsUsed))
        {
            buffer.Touch(-1);
            buffer.Touch(end);
        }

        return MemoryPlan.Arrange(buffers);
    }

    private static void DecideGradients(IReadOnlyList<OperationPlan> plans)
    {
        var written = new HashSet<Tensor>();
        foreach (var slot in plans.SelectMany(plan => plan.Slots).Where(slot => slot.DuringForward))
        {
            Write(slot, written);
        }

        foreach (var plan in plans.Reverse())
        {
            var outputs = plan.Outputs.Select(output => output.Tensor);
            plan.Operation.HasBackward = outputs.Any(tensor => tensor.IsSeeded || written.Contains(tensor));
            foreach (var slot in plan.Slots.Where(slot => !slot.DuringForward && plan.Operation.HasBackward))
            {
                Write(slot, written);
            }
        }
    }

    private static void Write(GradientSlot slot, HashSet<Tensor> written)
    {
        var first = written.Add(slot.Tensor);
        slot.Accumulates = !first || slot.Tensor.Kind == TensorKind.Parameter || slot.Tensor.IsSeeded;
    }

    private static void TouchBuffers(OperationPlan plan, int forward, int backward, int end)
    {
        var active = plan.Operation.HasBackward;
        foreach (var (tensor, inBackward) in plan.Inputs.Concat(plan.Outputs))
        {
            tensor.ValueBuffer?.Touch(forward);
            if (inBackward && active)
            {
                tensor.ValueBuffer?.Touch(backward);
            }
        }

        foreach (var (tensor, _) in plan.Outputs)
        {
            if (tensor.IsKept)
            {
                tensor.ValueBuffer!.Touch(end);
            }

            if (tensor.IsSeeded)
            {
                tensor.GradientBuffer!.Touch(-1);
                tensor.GradientBuffer.Touch(end);
            }
            else if (active && tensor.RequiresGradient)
            {
                tensor.GradientBuffer!.Touch(backward);
            }
        }

        foreach (var slot in plan.Slots.Where(slot => slot.DuringForward || active))
        {
            slot.Tensor.GradientBuffer?.Touch(slot.DuringForward ? forward : backward);
            if (slot.Tensor.Kind == TensorKind.Input)
            {
                slot.Tensor.GradientBuffer!.Touch(end);
            }
        }

        plan.Constant.ForEach(buffer => buffer.Touch(-1));
        plan.Constant.ForEach(buffer => buffer.Touch(end));
        plan.Saved.ForEach(buffer => buffer.Touch(forward));
        plan.ForwardScratch.ForEach(buffer => buffer.Touch(forward));
        if (active)
        {
            plan.Saved.ForEach(buffer => buffer.Touch(backward));
            plan.BackwardScratch.ForEach(buffer => buffer.Touch(backward));
        }
    }

    private static void ShareValues(IReadOnlyList<OperationPlan> plans)
    {
        for (var i = 0; i < plans.Count; i++)
        {
            foreach (var (input, output) in plans[i].InPlace)
            {
                var buffer = input.ValueBuffer;
                if (input.Kind == TensorKind.Activation && buffer!.LastUse == i)
                {
                    output.ValueBuffer = Merge(buffer, output.ValueBuffer!);
                }
            }
        }
    }

    private static void ShareGradients(IReadOnlyList<OperationPlan> plans)
    {
        for (var i = plans.Count - 1; i >= 0; i--)
        {
            var backward = (2 * plans.Count) - 1 - i;
            foreach (var slot in plans[i].Slots)
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

    private static StepBuffer Merge(StepBuffer into, StepBuffer from)
    {
        into.Touch(from.FirstUse);
        into.Touch(from.LastUse);
        return into;
    }
}
