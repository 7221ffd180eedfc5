using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Square matrices of doubles in one native buffer that starts at zero. A double is saved as the two float32 words it is made of.</summary>
/// <remarks>The words are copied, never computed with, so what is loaded is what was saved, to the bit.</remarks>
internal sealed unsafe class DoubleState : IDisposable
{
    private const int Words = sizeof(double) / sizeof(float);

    private readonly NativeBuffer _buffer;
    private readonly List<StateTensor> _tensors = [];
    private long _used;

    /// <summary>Room for matrices of the given number of doubles in all.</summary>
    public DoubleState(long doubles) => _buffer = new NativeBuffer(doubles * Words);

    public IReadOnlyList<StateTensor> Tensors => _tensors;

    /// <summary>The next matrix [size, size], saved under that name; null where the size is zero or another rank has it.</summary>
    public double* Take(string name, int size, ParameterSlot slot)
    {
        if (size == 0)
        {
            return null;
        }

        if (slot.Owned.Length == 0)
        {
            _tensors.Add(new StateTensor(name, [size, size, Words], default));
            return null;
        }

        float* words = _buffer.Pointer + _used;
        int length = checked(size * size * Words);
        _tensors.Add(new StateTensor(name, [size, size, Words], new MemoryBlock(words, length, _buffer)));
        _used += length;
        return (double*)words;
    }

    public void Dispose() => _buffer.Dispose();
}
