using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Whole orthogonalizers at every width of vectors, each in a process of its own: the width is fixed for a process.</summary>
public class VectorWidthTests
{
    /// <summary>Names the file that a process of another width writes its answer to.</summary>
    private const string AnswerVariable = "MUONSHARP_TEST_ANSWER";

    [Fact(Explicit = true)]
    public void Every_orthogonalizer_has_the_same_bits_at_512_256_and_128_bits()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds results are right, but not the same bits");
        if (Environment.GetEnvironmentVariable(AnswerVariable) is { } answer)
        {
            File.WriteAllLines(answer, [VectorWidth.Bits.ToString(CultureInfo.InvariantCulture), .. Hashes()]);
            return;
        }

        string[] expected = Hashes();
        foreach (int bits in new[] { 512, 256, 128 }.Where(bits => bits <= VectorWidth.Bits))
        {
            string[] lines = AnswerAt(bits);
            Assert.Equal(bits.ToString(CultureInfo.InvariantCulture), lines[0]);
            Assert.Equal(expected, lines[1..]);
        }
    }

    private static string[] Hashes() => [.. Orthogonalizers.All.Select(orthogonalizer =>
    {
        using var team = new WorkerTeam(2);
        float[] all = [.. new[] { (96, 200), (130, 130), (257, 61), (1, 33) }.SelectMany(
            shape => OrthogonalizerCase.Run(orthogonalizer, OrthogonalizerCase.Normal(shape.Item1, shape.Item2), shape.Item1, shape.Item2, team))];
        return orthogonalizer.Name + " " + Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(all.AsSpan())));
    })];

    private static string[] AnswerAt(int bits)
    {
        string answer = Path.Combine(Path.GetTempPath(), $"muonsharp-width-{Guid.NewGuid():N}");
        string assembly = typeof(VectorWidthTests).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [assembly, "-explicit", "on", "-method", $"{typeof(VectorWidthTests).FullName}.{nameof(Every_orthogonalizer_has_the_same_bits_at_512_256_and_128_bits)}"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [VectorWidth.Variable] = bits.ToString(CultureInfo.InvariantCulture), [AnswerVariable] = answer },
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(File.Exists(answer), output + errors.Result);
            return File.ReadAllLines(answer);
        }
        finally
        {
            File.Delete(answer);
        }
    }
}
