using Krewe.Silo.Hosting.Composition;
using Krewe.Silo.Local;

return await SiloRunner.RunAsync(args, new LocalHost());
