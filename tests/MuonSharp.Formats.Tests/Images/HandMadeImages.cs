using System.IO.Compression;

namespace MuonSharp.Formats.Tests;

/// <summary>Files of images, byte by byte as their formats are described.</summary>
internal static class HandMadeImages
{
    public static byte[] Idx(byte[] data, params int[] sizes) =>
        [0, 0, 8, (byte)sizes.Length, .. sizes.SelectMany(size => new[] { (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size }), .. data];

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>Bytes without a pattern.</summary>
    public static byte[] Noise(int count, ulong seed)
    {
        Dice dice = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (byte)dice.Below(256))];
    }

    /// <summary>Records of CIFAR-10, or with coarse labels those of CIFAR-100.</summary>
    public static byte[] Cifar(byte[] pixels, int[] labels, int[]? coarse = null) =>
        [.. labels.SelectMany((label, i) => (byte[])[.. coarse is null ? [] : new[] { (byte)coarse[i] }, (byte)label, .. pixels[(i * 3072)..((i + 1) * 3072)]])];
}
