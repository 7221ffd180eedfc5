using System.Runtime.InteropServices;

namespace MuonSharp.Numerics;

/// <summary>A named stream of random numbers that are a pure function of (seed, name, step, sample, index).</summary>
/// <remarks>
/// <para>There is no position to save: whoever knows the step and the sample knows the numbers, on any thread, in any order.</para>
/// <para>Generator: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The key is the
/// seed mixed with the name; the counter is (index / 4, sample, step low, step high).</para>
/// </remarks>
public readonly struct RandomStream : IEquatable<RandomStream>
{
    private const double UnitOf53Bits = 1.0 / (1UL << 53);

    private readonly uint _key0;
    private readonly uint _key1;

    /// <summary>Opens a stream.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="name">What the numbers are for, such as <c>batches</c> or a parameter's name.</param>
    public RandomStream(ulong seed, string name)
    {
        // FNV-1a over the name's UTF-16 units, then the finalizer of SplitMix64: a good mix, and the same on every platform.
        ulong hash = 14695981039346656037UL;
        foreach (char unit in name)
        {
            hash = (hash ^ unit) * 1099511628211UL;
        }

        ulong key = seed + (hash * 0x9E3779B97F4A7C15UL);
        key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9UL;
        key = (key ^ (key >> 27)) * 0x94D049BB133111EBUL;
        key ^= key >> 31;
        (_key0, _key1) = ((uint)key, (uint)(key >> 32));
    }

    /// <summary>Compares two streams.</summary>
    /// <param name="left">One stream.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether both give the same numbers.</returns>
    public static bool operator ==(RandomStream left, RandomStream right) => left.Equals(right);

    /// <summary>Compares two streams.</summary>
    /// <param name="left">One stream.</param>
    /// <param name="right">Another.</param>
    /// <returns>Whether they differ.</returns>
    public static bool operator !=(RandomStream left, RandomStream right) => !left.Equals(right);

    /// <summary>One number.</summary>
    /// <param name="step">Training step, or any number that names an occasion.</param>
    /// <param name="sample">Sample within the step.</param>
    /// <param name="index">Position within the sample, 0 to 2³⁴ - 1.</param>
    /// <returns>32 random bits.</returns>
    public uint At(ulong step, uint sample, long index)
    {
        (uint A, uint B, uint C, uint D) block = Block(step, sample, (uint)(index >> 2));
        return (index & 3) switch { 0 => block.A, 1 => block.B, 2 => block.C, _ => block.D };
    }

    /// <summary>One of n whole numbers: ⌊r n / 2⁶⁴⌋ with 64 random bits r, so that none is favoured by more than n / 2⁶⁴.</summary>
    /// <param name="bound">n, 1 or more.</param>
    /// <param name="step">Training step, or any number that names an occasion.</param>
    /// <param name="sample">Sample within the step.</param>
    /// <param name="index">Number of the draw within the sample; it takes the positions 2·index and 2·index + 1 of <see cref="At"/>.</param>
    /// <returns>0 to n - 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is nothing to draw from.</exception>
    public long Below(long bound, ulong step, uint sample, long index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        (uint A, uint B, uint C, uint D) block = Block(step, sample, (uint)(index >> 1));
        ulong bits = (index & 1) == 0 ? ((ulong)block.A << 32) | block.B : ((ulong)block.C << 32) | block.D;
        return (long)Math.BigMul(bits, (ulong)bound, out _);
    }

    /// <summary>Random bits for positions from 0 up.</summary>
    /// <param name="values">Out: 32 random bits each.</param>
    /// <param name="step">Training step.</param>
    /// <param name="sample">Sample within the step.</param>
    public void Fill(Span<uint> values, ulong step, uint sample) =>
        Philox.Fill(values, sample, (uint)step, (uint)(step >> 32), _key0, _key1);

    /// <summary>Uniform numbers in [0, 1), multiples of 2⁻²⁴.</summary>
    /// <param name="values">Out: the numbers.</param>
    /// <param name="step">Training step.</param>
    /// <param name="sample">Sample within the step.</param>
    public void FillUniform(Span<float> values, ulong step, uint sample)
    {
        Fill(MemoryMarshal.Cast<float, uint>(values), step, sample);
        foreach (ref float value in values)
        {
            value = (BitConverter.SingleToUInt32Bits(value) >> 8) * (1f / (1 << 24));
        }
    }

    /// <summary>Numbers of the standard normal distribution, by the method of Box and Muller in double precision.</summary>
    /// <param name="values">Out: the numbers.</param>
    /// <param name="step">Training step.</param>
    /// <param name="sample">Sample within the step.</param>
    public void FillNormal(Span<float> values, ulong step, uint sample)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            (uint A, uint B, uint C, uint D) block = Block(step, sample, (uint)(i >> 1));
            double radius = Math.Sqrt(-2 * PortableMath.Log((Join(block.A, block.B) + 1) * UnitOf53Bits));
            (double sine, double cosine) = PortableMath.SinCosTurns(Join(block.C, block.D) * UnitOf53Bits);
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sine);
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(RandomStream other) => _key0 == other._key0 && _key1 == other._key1;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RandomStream other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_key0, _key1);

    private static double Join(uint high, uint low) => (((ulong)high << 32) | low) >> 11;

    private (uint A, uint B, uint C, uint D) Block(ulong step, uint sample, uint block) =>
        Philox.Block(block, sample, (uint)step, (uint)(step >> 32), _key0, _key1);
}
