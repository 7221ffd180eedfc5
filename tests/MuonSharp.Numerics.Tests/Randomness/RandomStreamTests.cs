using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics.Tests;

public sealed class RandomStreamTests
{
    /// <summary>The known answers that the authors of Philox publish with their Random123 library.</summary>
    [Fact]
    public void Philox_gives_the_published_known_answers()
    {
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block(0, 0, 0, 0, 0, 0));
        Assert.Equal(
            (0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu),
            Philox.Block(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue));
        Assert.Equal(
            (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
    }

    [Fact]
    public unsafe void Blocks_in_registers_of_any_width_are_those_of_one_after_the_other()
    {
        const int Count = 200;
        const uint C1 = uint.MaxValue, C2 = 0x13198a2e, C3 = 0x83707344, K0 = 0xa4093822, K1 = uint.MaxValue;
        uint[] expected = [.. Enumerable.Range(0, Count / 4).Select(i => Philox.Block((uint)i, C1, C2, C3, K0, K1)).SelectMany(block => (uint[])[block.A, block.B, block.C, block.D])];
        uint[] words = new uint[Count];
        fixed (uint* to = words)
        {
            Assert.Equal(192, Philox.Registers<Philox512, Vector512<ulong>>(to, Count, C1, C2, C3, K0, K1));
            Assert.Equal(expected.AsSpan(0, 192), words.AsSpan(0, 192));
            words.AsSpan().Clear();
            Assert.Equal(192, Philox.Registers<Philox256, Vector256<ulong>>(to, Count, C1, C2, C3, K0, K1));
            Assert.Equal(expected.AsSpan(0, 192), words.AsSpan(0, 192));
            words.AsSpan().Clear();
            Assert.Equal(200, Philox.Registers<Philox128, Vector128<ulong>>(to, Count, C1, C2, C3, K0, K1));
            Assert.Equal(expected, words);
        }
    }

    [Fact]
    public void A_number_depends_on_its_place_and_not_on_how_it_is_asked_for()
    {
        var stream = new RandomStream(42, "batches");
        foreach (int length in (int[])[0, 1, 2, 3, 4, 5, 17, 31, 32, 33, 64, 77, 384, 4096])
        {
            uint[] values = new uint[length];
            stream.Fill(values, 7, 3);
            Assert.Equal(Enumerable.Range(0, length).Select(i => stream.At(7, 3, i)), values);
        }
    }

    [Fact]
    public void Seed_name_step_and_sample_each_give_other_numbers()
    {
        uint first = new RandomStream(1, "a").At(0, 0, 0);
        uint[] others = [new RandomStream(2, "a").At(0, 0, 0), new RandomStream(1, "b").At(0, 0, 0), new RandomStream(1, "a").At(1, 0, 0), new RandomStream(1, "a").At(1UL << 32, 0, 0), new RandomStream(1, "a").At(0, 1, 0), new RandomStream(1, "a").At(0, 0, 1)];
        Assert.Equal(others.Length, others.Append(first).Distinct().Count() - 1);
    }

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        const int Count = 1_000_000;
        float[] x = new float[Count];
        var stream = new RandomStream(9, "moments");
        stream.FillUniform(x, 0, 0);
        Assert.All(x.Take(10_000), value => Assert.InRange(value, 0f, 0.99999994f));
        Assert.Equal(0.5, x.Average(v => (double)v), 0.002);
        Assert.Equal(1.0 / 12, x.Average(v => (v - 0.5) * (v - 0.5)), 0.001);
        stream.FillNormal(x, 0, 0);
        Assert.Equal(0, x.Average(v => (double)v), 0.005);
        Assert.Equal(1, x.Average(v => (double)v * v), 0.01);
        Assert.Equal(3, x.Average(v => Math.Pow(v, 4)), 0.06);
        Assert.True(x.All(float.IsFinite));
    }

    [Fact]
    public void A_number_below_another_is_the_high_word_of_a_product_with_64_bits()
    {
        RandomStream stream = new(9, "below");
        long[] bounds = [1, 2, 3, 1000, int.MaxValue, 3_000_000_000, 1L << 40, long.MaxValue];
        foreach (long bound in bounds)
        {
            for (uint sample = 0; sample < 50; sample++)
            {
                System.Numerics.BigInteger bits = (new System.Numerics.BigInteger(stream.At(4, sample, 6)) << 32) + stream.At(4, sample, 7);
                Assert.Equal((long)((bits * bound) >> 64), stream.Below(bound, 4, sample, index: 3));
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Below(0, 1, 1));
    }
}
