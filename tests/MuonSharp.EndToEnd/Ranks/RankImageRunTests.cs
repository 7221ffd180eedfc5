using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Ranks;

/// <summary>A network of images over several processes of the tool, against one process.</summary>
public class RankImageRunTests
{
    private const int Size = 20;

    [Theory(Explicit = true)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 2)]
    public void Ranks_give_the_bits_of_one_process(string family, int ranks)
    {
        using var folder = new TemporaryFolder();
        Write(folder.At(""), "train", 96);
        Write(folder.At(""), "t10k", 24);
        Tool.Run(Train(folder, "alone")).Exits(0);
        RankLauncher.Run(family, ranks, Train(folder, "together")).Exits(0);
        foreach (string file in (string[])["model.safetensors", "optimizer.safetensors"])
        {
            string path = Path.Combine("checkpoints", "step-00000008", file);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder.At("alone"), path)), File.ReadAllBytes(Path.Combine(folder.At("together"), path)));
        }
    }

    private static string[] Train(TemporaryFolder folder, string run) =>
    [
        "train", "--preset", "fashion-mnist", "--data", folder.At(""), "--run", folder.At(run), "--steps", "8", "--shards", "4", "--threads", "1", "--set", "train.batch=16",
        "--set", "image.widths=4,6,8", "--set", "image.classes=null", "--set", "evaluate.every=4", "--set", "checkpoint.every=4",
    ];

    /// <summary>Stripes of three widths with noise, as MNIST's files have them.</summary>
    private static void Write(string folder, string part, int count)
    {
        byte[] pixels = new byte[count * Size * Size], labels = new byte[count];
        uint state = (uint)count;
        for (int i = 0; i < pixels.Length; i++)
        {
            state = (state * 1664525) + 1013904223;
            int image = i / (Size * Size);
            labels[image] = (byte)(image % 3);
            pixels[i] = (byte)((i / Size / (1 + labels[image]) % 2 == 0 ? 150 : 30) + (state >> 26));
        }

        File.WriteAllBytes(Path.Combine(folder, $"{part}-images-idx3-ubyte"), [0, 0, 8, 3, .. Big(count), .. Big(Size), .. Big(Size), .. pixels]);
        File.WriteAllBytes(Path.Combine(folder, $"{part}-labels-idx1-ubyte"), [0, 0, 8, 1, .. Big(count), .. labels]);

        static byte[] Big(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
    }
}
