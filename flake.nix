{
  description = "Turn an MFA code into a temporary AWS session in your shell";

  # Needs a Rust as new as Cargo.toml's rust-version.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      package = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
    in
    {
      packages = nixpkgs.lib.genAttrs systems (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        {
          default = pkgs.rustPlatform.buildRustPackage {
            pname = "awsmfa";
            inherit (package) version;
            src = self;
            cargoLock.lockFile = ./Cargo.lock;
            cargoBuildFlags = [
              "--package=awsmfa-env"
              "--bin=awsmfa"
            ];
            # The tests run two dozen shells and tools that tests/install installs.
            doCheck = false;
            nativeBuildInputs = [ pkgs.installShellFiles ];
            postInstall = "installManPage man/*.1";
            meta = {
              inherit (package) description;
              homepage = package.repository;
              license = with nixpkgs.lib.licenses; [
                mit
                asl20
              ];
              mainProgram = "awsmfa";
            };
          };
        }
      );
    };
}
