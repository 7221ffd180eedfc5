using System.Diagnostics;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using static TorchSharp.torch;
using NativeMuon = MuonSharp.Optimizers.Muon;
using NativeParameter = MuonSharp.Optimizers.Parameter;
using TorchMuonSharp = MuonSharp.TorchSharp.Muon;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.Peers;

/// <summary>A step of Muon over the same matrices in four ways, alternating in one process; the median of each is printed.</summary>
internal static class MuonSteps
{
    /// <summary>Longer than libtorch's threads and ours go on spinning after their work.</summary>
    private const int PauseMilliseconds = 60;

    /// <summary>Measures one decoder's matrices.</summary>
    public static void Run(StepSizes sizes, int rounds, int threads)
    {
        set_num_threads(threads);
        using var team = new WorkerTeam(threads);
        (int Out, int In)[] shapes = [.. sizes.Shapes];
        using var native = new NativeMuon([.. shapes.Select((shape, i) => Native(shape, i))], MuonPresets.Default, step: null, team);
        using TorchMuonSharp kernels = Wrapped(shapes, MuonPresets.Default, useKernels: true), five = Wrapped(shapes, MuonPresets.KellerJordan, useKernels: true);
        using TorchMuonSharp operations = Wrapped(shapes, MuonPresets.KellerJordan, useKernels: false), fraction = Wrapped(shapes, MuonPresets.Default, useKernels: false);
        using var reference = new ReferenceSteps(shapes);
        (string Name, Action Step)[] ways =
        [
            ("native optimizer, zolotarev/2", () => native.Step()),
            ("kernels over torch memory, zolotarev/2", () => kernels.step()),
            ("kernels over torch memory, five steps", () => five.step()),
            ("torch operations, zolotarev/2", () => fraction.step()),
            ("torch operations, five steps", () => operations.step()),
            ("reference's program in torch operations, five steps", reference.Step),
        ];
        double[][] times = [.. ways.Select(_ => new double[rounds])];
        for (int round = -1; round < rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                Thread.Sleep(PauseMilliseconds);
                long start = Stopwatch.GetTimestamp();
                ways[way].Step();
                if (round >= 0)
                {
                    times[way][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
            }
        }

        for (int way = 0; way < ways.Length; way++)
        {
            Array.Sort(times[way]);
            Console.WriteLine($"{sizes.Name} | {ways[way].Name} | {times[way][rounds / 2]:F1} ms | {times[way][0]:F1} to {times[way][^1]:F1}");
        }
    }

    private static NativeParameter Native((int Out, int In) shape, int index)
    {
        float[] weights = Normal(shape.Out * shape.In, index), gradient = Normal(shape.Out * shape.In, index + 1000);
        return new NativeParameter($"w{index}", [shape.Out, shape.In], ParameterRole.Matrix, MemoryBlock.Of(weights), MemoryBlock.Of(gradient));
    }

    private static TorchMuonSharp Wrapped((int Out, int In)[] shapes, MuonOptions preset, bool useKernels) => new(shapes.Select(Torch).ToArray(), preset: preset) { use_kernels = useKernels };

    private static TorchParameter Torch((int Out, int In) shape, int index) => new(tensor(Normal(shape.Out * shape.In, index)).reshape(shape.Out, shape.In))
    {
        grad = tensor(Normal(shape.Out * shape.In, index + 1000)).reshape(shape.Out, shape.In),
    };

    private static float[] Normal(int count, int stream)
    {
        float[] values = new float[count];
        new RandomStream(1, "steps").FillNormal(values, (ulong)stream, 0);
        return values;
    }

    /// <summary>The author's program, one weight after the other.</summary>
    private sealed class ReferenceSteps((int Out, int In)[] shapes) : IDisposable
    {
        private readonly (TorchMuon Muon, Tensor Gradient)[] _all =
        [
            .. shapes.Select((shape, i) => (
                new TorchMuon(tensor(Normal(shape.Out * shape.In, i)).reshape(shape.Out, shape.In), TorchMuonOptions.Original),
                tensor(Normal(shape.Out * shape.In, i + 1000)).reshape(shape.Out, shape.In))),
        ];

        public void Step()
        {
            foreach ((TorchMuon muon, Tensor gradient) in _all)
            {
                muon.Step(gradient);
            }
        }

        public void Dispose()
        {
            foreach ((TorchMuon muon, Tensor gradient) in _all)
            {
                muon.Dispose();
                gradient.Dispose();
            }
        }
    }
}
