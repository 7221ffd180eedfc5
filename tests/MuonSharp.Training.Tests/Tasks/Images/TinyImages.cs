using MuonSharp.Formats;

namespace MuonSharp.Training.Tests;

/// <summary>Images that a small network soon tells apart: bars that lie, bars that stand, and chess boards, each with noise.</summary>
internal static class TinyImages
{
    public static ImageSet Set(int count, ulong seed, int size = 8)
    {
        uint[] noise = new uint[count * size * size];
        new Numerics.RandomStream(seed, "tiny").Fill(noise, 0, 0);
        byte[] pixels = new byte[noise.Length];
        for (int i = 0; i < noise.Length; i++)
        {
            (int image, int y, int x) = (i / (size * size), i / size % size, i % size);
            int wave = (image % 3) switch { 0 => y, 1 => x, _ => x + y };
            pixels[i] = (byte)(((wave / 2 % 2 == 0) ? 150 : 30) + (noise[i] % 70));
        }

        return new(new(1, size, size), pixels, [.. Enumerable.Range(0, count).Select(i => i % 3)], ["lying", "standing", "chess"]);
    }

    /// <summary>Writes a data set as MNIST's four files.</summary>
    public static string Write(string folder, int training = 240, int test = 60, int size = 8)
    {
        foreach ((string name, ImageSet set) in new[] { ("train", Set(training, 1, size)), ("t10k", Set(test, 2, size)) })
        {
            byte[] Big(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
            File.WriteAllBytes(Path.Combine(folder, $"{name}-images-idx3-ubyte"), [0, 0, 8, 3, .. Big(set.Count), .. Big(size), .. Big(size), .. set.Pixels]);
            File.WriteAllBytes(Path.Combine(folder, $"{name}-labels-idx1-ubyte"), [0, 0, 8, 1, .. Big(set.Count), .. set.Labels.ToArray().Select(label => (byte)label)]);
        }

        return folder;
    }

    /// <summary>A configuration of a small network on such a folder.</summary>
    public static TrainingConfig Config(string folder, params (string Key, string Value)[] settings)
    {
        TrainingConfigBuilder builder = new TrainingConfigBuilder().UseDefaults();
        foreach ((string key, string value) in new[]
        {
            ("image.network", "convnet"), ("image.labelSmoothing", "0.1"), ("optimizer.schedule.name", "linear"), ("sample.every", "-1"), ("image.views", "2"),
            ("data.file", folder), ("image.widths", "4,6,8"), ("image.epochs", "1"), ("train.batch", "20"), ("evaluate.every", "4"),
            ("evaluate.batch", "32"), ("checkpoint.every", "4"), ("train.threads", "2"),
        }.Concat(settings))
        {
            builder.Set(key, value);
        }

        return builder.Build();
    }
}
