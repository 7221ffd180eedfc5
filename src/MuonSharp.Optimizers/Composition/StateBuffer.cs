using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One kind of state (a momentum) for all parameters of an optimizer, in one flat native buffer that starts at zero.</summary>
internal sealed unsafe class StateBuffer : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly long[] _offsets;

    public StateBuffer(string kind, IReadOnlyList<ParameterSlot> slots)
    {
        _offsets = new long[slots.Count];
        long length = 0;
        for (int i = 0; i < slots.Count; i++)
        {
            _offsets[i] = length;
            length += FlatLayout.Padded(slots[i].Parameter.Length);
        }

        _buffer = new NativeBuffer(length);
        Tensors = [.. slots.Select(slot => new StateTensor(
            $"{kind}/{slot.Parameter.Name}", slot.Parameter.Shape, new MemoryBlock(Of(slot.Index), slot.Parameter.Length, _buffer)))];
    }

    public IReadOnlyList<StateTensor> Tensors { get; }

    public float* Of(int slot) => _buffer.Pointer + _offsets[slot];

    public void Dispose() => _buffer.Dispose();
}
