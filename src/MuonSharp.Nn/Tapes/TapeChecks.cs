using System.Runtime.InteropServices;

namespace MuonSharp.Nn;

/// <summary>Runs a tape's operations such that what they touch beyond their declarations shows (<see cref="Tape.Checks"/>).</summary>
/// <remarks>
/// <para>Every buffer has memory of its own, is NaN outside its lives, and has a guard behind it. So what was not declared reads NaN, and what was never
/// written stays NaN: outputs and gradients are searched for it after each call whose declared operands have none.</para>
/// <para>Whether a contribution that has to be added is added is found by a trial call on NaN: a sum stays NaN, what overwrites does not.</para>
/// </remarks>
internal sealed unsafe class TapeChecks
{
    /// <summary>Floats behind each buffer that nobody may write.</summary>
    public const int Guard = MemoryPlan.Alignment;

    private const int GuardBits = 0x7fc0_beef;

    private readonly IReadOnlyList<OperationPlan> _plans;
    private readonly TapeTimeline _timeline;
    private readonly MemoryPlan _memory;
    private readonly ILookup<int, TapeBuffer> _endingAt;

    /// <summary>Fills the guards.</summary>
    /// <param name="plans">The operations.</param>
    /// <param name="timeline">When they run.</param>
    /// <param name="memory">Where buffers lie, apart from each other; the arena exists.</param>
    public TapeChecks(IReadOnlyList<OperationPlan> plans, TapeTimeline timeline, MemoryPlan memory)
    {
        (_plans, _timeline, _memory) = (plans, timeline, memory);
        _endingAt = memory.Buffers.SelectMany(buffer => buffer.Lives.Select(life => (life.Last, Buffer: buffer)))
            .Where(end => end.Last < timeline.End)
            .ToLookup(end => end.Last, end => end.Buffer);
        foreach (TapeBuffer buffer in memory.Buffers)
        {
            GuardOf(buffer).Fill(GuardBits);
        }
    }

    /// <summary>Before a forward run: only what the user writes, and what is constant, holds anything.</summary>
    public void Begin()
    {
        foreach (TapeBuffer buffer in _memory.Buffers.Where(buffer => buffer.FirstUse >= 0))
        {
            buffer.Span.Fill(float.NaN);
        }
    }

    /// <summary>One forward call.</summary>
    /// <param name="index">Number of the operation.</param>
    /// <param name="run">As the operation sees it.</param>
    public void Forward(int index, in TapeRun run)
    {
        OperationPlan plan = _plans[index];
        GradientSlot[] slots = run.Phase == TapePhase.Forward ? [.. plan.Slots.Where(slot => slot.DuringForward)] : [];
        bool clean = plan.Inputs.TrueForAll(input => !HasNaN(input.Tensor)) && slots.All(slot => !slot.Accumulates || !HasNaN(slot.Gradient));
        if (slots.Length > 0)
        {
            TapeRun trial = run with { Phase = TapePhase.Recompute };
            Try(plan, slots, () => plan.Operation.Forward(trial));
        }

        float[][] before = [.. plan.Inputs.Select(input => Copy(input.Tensor))];
        plan.Operation.Forward(run);
        RequireUnchanged(plan, plan.Inputs.Select(input => input.Tensor), before, "forward");
        RequireGuards(plan);
        if (clean)
        {
            foreach ((Tensor output, bool _) in plan.Outputs)
            {
                Require(!HasNaN(output), plan, $"its forward leaves NaN in {output}, though what it declares to read has none: it reads what it did not declare, or does not write all");
            }

            RequireGradients(plan, slots, "forward");
        }

        End(run.Phase == TapePhase.Recompute ? _timeline.AgainOf(index)!.Value : index);
    }

    /// <summary>One backward call.</summary>
    /// <param name="index">Number of the operation.</param>
    /// <param name="run">As the operation sees it.</param>
    public void Backward(int index, TapeRun run)
    {
        OperationPlan plan = _plans[index];
        GradientSlot[] slots = [.. plan.Slots.Where(slot => !slot.DuringForward)];
        Tensor[] inputs = [.. plan.Inputs.Where(input => input.InBackward).Select(input => input.Tensor)];
        bool clean = Array.TrueForAll(inputs, input => !HasNaN(input))
            && plan.Outputs.TrueForAll(output => !output.InBackward || !HasNaN(output.Tensor))
            && plan.Outputs.TrueForAll(output => !output.Tensor.RequiresGradient || !HasNaN(GradientOf(output.Tensor)))
            && slots.All(slot => !slot.Accumulates || !HasNaN(slot.Gradient));
        Try(plan, slots, () => plan.Operation.Backward(run));
        float[][] before = [.. inputs.Select(Copy)];
        plan.Operation.Backward(run);
        RequireUnchanged(plan, inputs, before, "backward");
        RequireGuards(plan);
        if (clean)
        {
            RequireGradients(plan, slots, "backward");
        }

        End(_timeline.BackwardOf(index));
    }

    private static Span<float> GradientOf(Tensor tensor) => new(tensor.GradientData, checked((int)tensor.Length));

    private static float[] Copy(Tensor tensor) => Values(tensor).ToArray();

    private static Span<float> Values(Tensor tensor) => new(tensor.Data, checked((int)tensor.Length));

    private static bool HasNaN(Tensor tensor) => HasNaN(Values(tensor));

    private static bool HasNaN(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (float.IsNaN(value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNaN(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsNaN(value))
            {
                return false;
            }
        }

        return true;
    }

    private static Span<int> GuardOf(TapeBuffer buffer) =>
        new((int*)buffer.Pointer + buffer.Length, (int)(MemoryPlan.Align(buffer.Length) - buffer.Length) + Guard);

    private static void Require(bool holds, OperationPlan plan, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"[tape check] {plan.Operation.Name}: {what}");
        }
    }

    private static void RequireUnchanged(OperationPlan plan, IEnumerable<Tensor> tensors, float[][] before, string direction)
    {
        foreach ((Tensor tensor, float[] values) in tensors.Zip(before))
        {
            bool same = MemoryMarshal.AsBytes(Values(tensor)).SequenceEqual(MemoryMarshal.AsBytes(values.AsSpan()));
            Require(same || tensor.Kind == TensorKind.State, plan, $"its {direction} writes into {tensor}, which it declares only to read");
        }
    }

    private static void RequireGuards(OperationPlan plan)
    {
        IEnumerable<TapeBuffer?> buffers = plan.Outputs.SelectMany(output => new[] { output.Tensor.ValueBuffer, output.Tensor.GradientBuffer })
            .Concat(plan.Slots.Select(slot => slot.Tensor.GradientBuffer))
            .Concat(plan.Saved).Concat(plan.ForwardScratch).Concat(plan.BackwardScratch).Concat(plan.Constants);
        foreach (TapeBuffer? buffer in buffers)
        {
            bool whole = buffer is null || buffer.Pointer is null || !GuardOf(buffer).ContainsAnyExcept(GuardBits);
            Require(whole, plan, $"it writes behind the end of {buffer?.Name}, {buffer?.Length} floats");
        }
    }

    private static void RequireGradients(OperationPlan plan, GradientSlot[] slots, string direction)
    {
        foreach (GradientSlot slot in slots)
        {
            Require(
                !HasNaN(slot.Gradient),
                plan,
                $"its {direction} leaves NaN in the gradient of {slot.Tensor}, though what it declares to read has none: it reads what it did not declare (inBackward: true), adds where it is the first, or does not write all");
        }
    }

    /// <summary>Calls on gradients of NaN where contributions have to be added, looks whether they are NaN still, and puts everything back.</summary>
    private static void Try(OperationPlan plan, GradientSlot[] slots, Action call)
    {
        GradientSlot[] adding = [.. slots.GroupBy(slot => slot.Tensor).Where(group => group.All(slot => slot.Accumulates)).Select(group => group.First())];
        if (adding.Length == 0)
        {
            return;
        }

        List<Action> restore = [.. plan.Saved.Where(buffer => buffer.Pointer is not null).Select(buffer => Restore(buffer.Span))];
        restore.AddRange(plan.Outputs.Where(output => output.Tensor.RequiresGradient && output.Tensor.GradientBuffer!.Pointer is not null)
            .Select(output => Restore(GradientOf(output.Tensor))));
        restore.AddRange(slots.Select(slot => Restore(slot.Gradient)));
        foreach (GradientSlot slot in adding)
        {
            slot.Gradient.Fill(float.NaN);
        }

        call();
        foreach (GradientSlot slot in adding)
        {
            Require(
                IsNaN(slot.Gradient),
                plan,
                $"it overwrites the gradient of {slot.Tensor}, to which others contribute as well: add where GradientSlot.Accumulates says so, or call GradientSlot.Add");
        }

        restore.ForEach(action => action());
    }

    private static Action Restore(Span<float> values)
    {
        float[] copy = values.ToArray();
        fixed (float* address = values)
        {
            nint place = (nint)address;
            return () => copy.CopyTo(new Span<float>((float*)place, copy.Length));
        }
    }

    private void End(int time)
    {
        foreach (TapeBuffer buffer in _endingAt[time])
        {
            buffer.Span.Fill(float.NaN);
        }
    }
}
