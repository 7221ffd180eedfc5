using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>The same step in torch operations: any device, any floating type, any strides.</summary>
/// <remarks>Parameters of one shape, rule, type and device are stacked, so that each product is one <c>bmm</c>. Nothing is read back from a device.</remarks>
internal static class TorchPath
{
    /// <summary>Elements of a stack at most: what lies between weights and update is freed before the next one.</summary>
    private const long LargestStack = 1L << 26;

    /// <summary>Steps the active ones of some parameters.</summary>
    /// <param name="slots">Parameters.</param>
    /// <param name="tally">What the orthogonalizers meet.</param>
    /// <param name="squares">Where sums of squared changes go; null when nobody asks.</param>
    public static void Run(IEnumerable<TensorSlot> slots, OrthogonalizationTally tally, List<Tensor>? squares)
    {
        TensorSlot[] active = [.. slots.Where(static slot => slot.IsActive)];
        foreach (TensorSlot slot in active.Where(static slot => slot.Update.Options is AdamWOptions))
        {
            TorchAdamW.Step(slot, squares);
        }

        foreach (IGrouping<StackKey, TensorSlot> alike in active.Where(static slot => slot.Update.Options is MuonOptions).GroupBy(StackKey.Of))
        {
            int count = (int)Math.Clamp(LargestStack / Math.Max(1, alike.First().Parameter.numel()), 1, int.MaxValue);
            foreach (TensorSlot[] stack in alike.Chunk(count))
            {
                TorchMuon.Step(stack, tally, squares);
            }
        }
    }

    /// <summary>What parameters have in common that are stepped as one stack. Matrices are compared by what they are.</summary>
    private readonly record struct StackKey(string Matrices, MuonOptions Rule, ScalarType Type, ScalarType StateType, DeviceType Device, int Index)
    {
        public static StackKey Of(TensorSlot slot) => new(
            string.Join(';', slot.Update.Matrices.Select(static slice => slice with { Name = string.Empty })) + string.Join(',', slot.Update.Shape),
            (MuonOptions)slot.Update.Options,
            slot.Parameter.dtype,
            slot.State.First.dtype,
            slot.Parameter.device.type,
            slot.Parameter.device.index);
    }
}
