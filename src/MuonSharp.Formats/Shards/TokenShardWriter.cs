using System.Buffers.Binary;

namespace MuonSharp.Formats;

/// <summary>Writes a file of tokens that <see cref="TokenShard"/> reads, and llm.c and modded-nanogpt too.</summary>
public static class TokenShardWriter
{
    private const int ChunkTokens = 1 << 16;

    /// <summary>Writes a shard, replacing what was there.</summary>
    /// <param name="path">The file; appears under this name only when it is complete.</param>
    /// <param name="tokens">One token at least, from 0 to 65535.</param>
    /// <exception cref="ArgumentException">There is no token, or one that 16 bits do not hold.</exception>
    /// <exception cref="WriteFailedException">It could not be written; what was there before is untouched.</exception>
    public static void Write(string path, ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty || tokens.ContainsAnyExceptInRange(0, ushort.MaxValue))
        {
            throw new ArgumentException("[shard] a shard must have tokens, from 0 to 65535; others or none came", nameof(tokens));
        }

        ReplacedFile.Write(path, "shard", tokens, static (file, all) =>
        {
            byte[] bytes = new byte[Math.Max(TokenShard.HeaderBytes, 2 * Math.Min(ChunkTokens, all.Length))];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, TokenShard.Magic);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), TokenShard.Version);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), all.Length);
            file.Write(bytes, 0, TokenShard.HeaderBytes);
            for (int start = 0; start < all.Length; start += ChunkTokens)
            {
                int count = Math.Min(ChunkTokens, all.Length - start);
                for (int i = 0; i < count; i++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)all[start + i]);
                }

                file.Write(bytes, 0, 2 * count);
            }
        });
    }
}
