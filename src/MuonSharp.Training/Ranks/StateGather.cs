using MuonSharp.Distributed;
using MuonSharp.Formats;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The state that ranks keep apart, brought to the first one for a checkpoint: one file, whatever the ranks.</summary>
/// <remarks>The first rank needs the memory of the whole state while it writes. What all ranks have (the clip's state) is not sent.</remarks>
internal sealed unsafe class StateGather : IDisposable
{
    private readonly List<NativeBuffer> _buffers = [];

    private StateGather(IReadOnlyList<NamedTensor> tensors) => Tensors = tensors;

    /// <summary>The whole state at the first rank; empty at the others.</summary>
    public IReadOnlyList<NamedTensor> Tensors { get; private set; }

    /// <summary>Gathers state tensors; all ranks call it with tensors of the same names.</summary>
    public static StateGather Of(IReadOnlyList<StateTensor> tensors, ICollectives ranks)
    {
        ranks.Activity = "a checkpoint";
        long[] lengths = new long[tensors.Count * ranks.Size];
        for (int i = 0; i < tensors.Count; i++)
        {
            lengths[(i * ranks.Size) + ranks.Rank] = tensors[i].Memory.Length;
        }

        ranks.AllReduce(lengths, Reduction.Sum);
        var gather = new StateGather([]);
        var named = new List<NamedTensor>();
        int[] send = new int[ranks.Size], receive = new int[ranks.Size];
        for (int i = 0; i < tensors.Count; i++)
        {
            StateTensor tensor = tensors[i];
            ReadOnlySpan<long> parts = lengths.AsSpan(i * ranks.Size, ranks.Size);
            if (parts[0] == tensor.Length)
            {
                named.Add(Named(tensor, tensor.Memory.Address));
                continue;
            }

            send[0] = tensor.Memory.Length;
            for (int rank = 0; rank < ranks.Size; rank++)
            {
                receive[rank] = ranks.Rank == 0 ? (int)parts[rank] : 0;
            }

            // Parts lie in the order of ranks.
            NativeBuffer whole = new(ranks.Rank == 0 ? tensor.Length : 0);
            gather._buffers.Add(whole);
            ranks.AllToAll(tensor.Memory.Span, send, new Span<float>(whole.Pointer, ranks.Rank == 0 ? tensor.Length : 0), receive);
            named.Add(Named(tensor, whole.Pointer));
        }

        gather.Tensors = ranks.Rank == 0 ? named : [];
        return gather;
    }

    public void Dispose() => _buffers.ForEach(static buffer => buffer.Dispose());

    private static NamedTensor Named(StateTensor tensor, float* values) => new(tensor.Name, [.. tensor.Shape.Select(static size => (long)size)], values, tensor.Length);
}
