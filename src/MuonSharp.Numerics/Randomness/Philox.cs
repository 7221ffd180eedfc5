using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>The counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011).</summary>
internal static unsafe class Philox
{
    private const int WordsOfBlock = 4;

    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>Four random words from a counter of four words and a key of two.</summary>
    /// <param name="c0">Counter, first word.</param>
    /// <param name="c1">Counter, second word.</param>
    /// <param name="c2">Counter, third word.</param>
    /// <param name="c3">Counter, fourth word.</param>
    /// <param name="k0">Key, first word.</param>
    /// <param name="k1">Key, second word.</param>
    /// <returns>128 random bits.</returns>
    public static (uint A, uint B, uint C, uint D) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>The words of blocks whose counters' first words are 0, 1, 2, ..., as many blocks at once as the machine has lanes of 64 bits.</summary>
    /// <param name="words">Out: the words.</param>
    /// <param name="c1">Counter, second word.</param>
    /// <param name="c2">Counter, third word.</param>
    /// <param name="c3">Counter, fourth word.</param>
    /// <param name="k0">Key, first word.</param>
    /// <param name="k1">Key, second word.</param>
    public static void Fill(Span<uint> words, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        int done;
        fixed (uint* to = words)
        {
            done = VectorWidth.Bits switch
            {
                512 => Registers<Philox512, Vector512<ulong>>(to, words.Length, c1, c2, c3, k0, k1),
                256 => Registers<Philox256, Vector256<ulong>>(to, words.Length, c1, c2, c3, k0, k1),
                128 => Registers<Philox128, Vector128<ulong>>(to, words.Length, c1, c2, c3, k0, k1),
                _ => 0,
            };
        }

        for (; done < words.Length; done += WordsOfBlock)
        {
            (uint a, uint b, uint c, uint d) = Block((uint)(done / WordsOfBlock), c1, c2, c3, k0, k1);
            ReadOnlySpan<uint> block = [a, b, c, d];
            block[..Math.Min(WordsOfBlock, words.Length - done)].CopyTo(words[done..]);
        }
    }

    /// <summary>Whole registers of blocks; the number of words written is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Registers<P, V>(uint* to, int count, uint c1, uint c2, uint c3, uint k0, uint k1)
        where P : struct, IPhiloxVector<V>
        where V : struct
    {
        (V multiplier0, V multiplier1) = (P.Broadcast(Multiplier0), P.Broadcast(Multiplier1));
        (V second, V third, V fourth) = (P.Broadcast(c1), P.Broadcast(c2), P.Broadcast(c3));
        int words = WordsOfBlock * P.Blocks;
        int i = 0;
        for (; i <= count - words; i += words)
        {
            (V a, V b, V c, V d) = (P.Add(P.Order, P.Broadcast((uint)(i / WordsOfBlock))), second, third, fourth);
            (uint key0, uint key1) = (k0, k1);
            for (int round = 0; round < Rounds; round++)
            {
                V product0 = P.Multiply(multiplier0, a);
                V product1 = P.Multiply(multiplier1, c);
                (a, b, c, d) = (P.Xor(P.High(product1), b, P.Broadcast(key0)), product1, P.Xor(P.High(product0), d, P.Broadcast(key1)), product0);
                key0 += Weyl0;
                key1 += Weyl1;
            }

            P.Store(to + i, a, b, c, d);
        }

        return i;
    }
}
